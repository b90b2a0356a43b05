#include "ui/chat/pictures.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QImageReader>
#include <QPromise>
#include <QThreadPool>

#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int thumbnailSide = 256;
/// Far above what may be sent, far below what would hurt.
constexpr qint64 mostRead = 64'000'000;

QString tr(const char *text)
{
    return QCoreApplication::translate("Picture", text);
}

base::Error problem(const QString &message, const QString &detail = {})
{
    base::Error error;
    error.kind = base::ErrorKind::Usage;
    error.message = message;
    error.detail = detail;
    return error;
}

base::Error noPicture(const QString &name)
{
    return problem(tr("%1 is no picture that can be sent. PNG, JPEG, GIF and WebP can.").arg(name));
}

base::Error tooLarge(const QString &name, qint64 bytes)
{
    return problem(tr("%1 has %2 MB; a picture may have %3 MB. Make it smaller and add it again.")
                       .arg(name)
                       .arg(double(bytes) / 1e6, 0, 'f', 1)
                       .arg(picturelimits::bytes / 1'000'000));
}

/// By its first bytes: a name can say anything.
QString sentAs(const QByteArray &bytes)
{
    struct Row {
        QByteArrayView start;
        qsizetype at;
        QByteArrayView then;
        const char *type;
    };
    static constexpr std::array rows {
        Row { "\x89PNG\r\n\x1a\n", 0, "", "image/png" },
        Row { "\xff\xd8\xff", 0, "", "image/jpeg" },
        Row { "GIF8", 0, "", "image/gif" },
        Row { "RIFF", 8, "WEBP", "image/webp" },
    };
    for (const Row &row : rows)
        if (bytes.startsWith(row.start)
            && QByteArrayView(bytes).sliced(std::min(row.at, bytes.size())).startsWith(row.then))
            return QString::fromLatin1(row.type);
    return {};
}

QByteArray asPng(const QImage &image)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QImage thumbnailOf(QImageReader &reader)
{
    const QSize size = reader.size();
    // Formats that can decode small are spared the whole picture.
    if (size.isValid() && std::max(size.width(), size.height()) > thumbnailSide)
        reader.setScaledSize(size.scaled(thumbnailSide, thumbnailSide, Qt::KeepAspectRatio));
    const QImage image = reader.read();
    return std::max(image.width(), image.height()) > thumbnailSide
        ? image.scaled(thumbnailSide, thumbnailSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)
        : image;
}

template <typename Work>
QFuture<base::Result<Picture>> inPool(Work work)
{
    const auto promise = std::make_shared<QPromise<base::Result<Picture>>>();
    promise->start();
    QThreadPool::globalInstance()->start([promise, work = std::move(work)] {
        promise->addResult(work());
        promise->finish();
    });
    return promise->future();
}

} // namespace

base::Result<Picture> pictureFromBytes(const QByteArray &bytes, const QString &name)
{
    QBuffer buffer;
    buffer.setData(bytes);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer);
    reader.setDecideFormatFromContent(true);
    reader.setAutoTransform(true);
    const QSize size = reader.size();
    if (std::max(size.width(), size.height()) > picturelimits::side)
        return problem(tr("%1 is %2 × %3 pixels large; a side may have %4. Make it smaller and add it again.")
                           .arg(name)
                           .arg(size.width())
                           .arg(size.height())
                           .arg(picturelimits::side));
    const QString type = sentAs(bytes);
    if (type.isEmpty()) {
        const QImage image = reader.read();
        if (image.isNull())
            return noPicture(name);
        return pictureFromBytes(asPng(image), name);
    }
    if (bytes.size() > picturelimits::bytes)
        return tooLarge(name, bytes.size());
    const QImage thumbnail = thumbnailOf(reader);
    if (thumbnail.isNull())
        return problem(tr("%1 is damaged: it can't be read as a picture.").arg(name), reader.errorString());
    return Picture { name, { llm::ContentPart::Kind::Image, {}, type, bytes }, thumbnail };
}

base::Result<Picture> pictureFromFile(const QString &path)
{
    const QString name = QFileInfo(path).fileName();
    QFile file(path);
    if (QFileInfo(path).isDir())
        return noPicture(name);
    if (!file.open(QIODevice::ReadOnly))
        return problem(tr("%1 can't be read: %2.").arg(name, file.errorString()), path);
    if (file.size() > mostRead)
        return tooLarge(name, file.size());
    // Not by its size: a device or a pipe has none and no end.
    const QByteArray bytes = file.read(mostRead);
    return bytes.isEmpty() ? noPicture(name) : pictureFromBytes(bytes, name);
}

base::Result<Picture> pictureFromImage(const QImage &image)
{
    return pictureFromBytes(asPng(image), tr("The pasted picture"));
}

QFuture<base::Result<Picture>> readPicture(const QString &path)
{
    return inPool([path] { return pictureFromFile(path); });
}

QFuture<base::Result<Picture>> encodePicture(const QImage &image)
{
    return inPool([image] { return pictureFromImage(image); });
}

QFuture<base::Result<Picture>> decodePicture(const llm::ContentPart &part)
{
    return inPool([part] { return pictureFromBytes(part.data, tr("The picture")); });
}

} // namespace talkbench::ui
