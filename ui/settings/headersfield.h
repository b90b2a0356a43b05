#pragma once

#include "core/base/http.h"

#include <QWidget>

class QTableWidget;

namespace talkbench::ui {

/// The headers sent with every request, as a table with an empty row at its end for the next one.
class HeadersField final : public QWidget {
    Q_OBJECT

public:
    explicit HeadersField(QWidget *parent = nullptr);

    void setHeaders(const base::HttpHeaders &headers);
    base::HttpHeaders headers() const;

Q_SIGNALS:
    void edited();

private:
    QTableWidget *m_table;
};

} // namespace talkbench::ui
