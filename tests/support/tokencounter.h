#pragma once

#include "core/cost/tokencounter.h"

#include <QFile>

namespace talkbench::test {

/// The shipped one, with nothing learned.
inline cost::TokenCounter
shippedTokenCounter(const std::shared_ptr<const cost::Tokenizers> &tokenizers = std::make_shared<cost::Tokenizers>())
{
    QFile file(QStringLiteral(":/tokenizers/models.json"));
    return *cost::TokenCounter::fromJson(file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray(), tokenizers);
}

} // namespace talkbench::test
