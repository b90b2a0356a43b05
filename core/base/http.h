#pragma once

#include "core/base/route.h"

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QUrl>

#include <utility>

namespace talkbench::base {

using HttpHeaders = QList<std::pair<QByteArray, QByteArray>>;

/// The first value under a name, compared without case; empty where there is none.
QByteArray headerValue(const HttpHeaders &headers, QByteArrayView name);

struct HttpRequest {
    QByteArray method = "POST";
    QUrl url;
    HttpHeaders headers;
    QByteArray body;
    Route route = {};
};

/// Whether a header is one that providers take their key in.
bool carriesKey(QByteArrayView name);

struct HttpHead {
    int status = 0;
    HttpHeaders headers;
};

} // namespace talkbench::base

Q_DECLARE_METATYPE(talkbench::base::HttpHead)
