#pragma once

#include "core/base/result.h"
#include "core/llm/message.h"

#include <QFuture>
#include <QImage>

namespace talkbench::ui {

/// A picture as it goes out, and a small one to show.
struct Picture {
    QString name;
    llm::ContentPart part;
    QImage thumbnail;
};

namespace picturelimits {
/// What every provider takes.
inline constexpr qint64 bytes = 5'000'000;
inline constexpr int side = 8000;
inline constexpr qsizetype count = 10;
} // namespace picturelimits

/// PNG, JPEG, GIF and WebP go as they are, other pictures that can be read as PNG. An error says what is wrong with
/// this one. These take longer than a frame for a large picture: see the async ones.
base::Result<Picture> pictureFromBytes(const QByteArray &bytes, const QString &name);
base::Result<Picture> pictureFromFile(const QString &path);
base::Result<Picture> pictureFromImage(const QImage &image);

/// The same in a pool's thread.
QFuture<base::Result<Picture>> readPicture(const QString &path);
QFuture<base::Result<Picture>> encodePicture(const QImage &image);
QFuture<base::Result<Picture>> decodePicture(const llm::ContentPart &part);

} // namespace talkbench::ui
