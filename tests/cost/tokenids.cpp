// Encodes what tests/cost/run sends: a text a line, as hexadecimal UTF-16LE. Prints each line's tokens.
// usage: tokenids o200k_base|cl100k_base

#include "core/cost/tokenizer.h"

#include <QByteArray>

#include <cstdio>
#include <iostream>
#include <string>

using namespace talkbench;

int main(int argc, char **argv)
{
    const auto encoding = cost::encodingFromName(QString::fromLatin1(argc > 1 ? argv[1] : ""));
    if (!encoding)
        return 2;
    const cost::Tokenizer tokenizer(*encoding);
    for (std::string line; std::getline(std::cin, line);) {
        const QByteArray bytes = QByteArray::fromHex(QByteArray::fromStdString(line));
        const QStringView text(reinterpret_cast<const char16_t *>(bytes.constData()), bytes.size() / 2);
        const QList<quint32> ids = tokenizer.encode(text);
        if (tokenizer.count(text) != ids.size())
            return 1;
        for (const quint32 id : ids)
            std::printf("%u ", id);
        std::printf("\n");
    }
    return 0;
}
