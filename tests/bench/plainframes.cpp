// The peer of the frame figures: the same tokens appended as plain text to N bare QPlainTextEdits, once a frame, no markdown,
// no charts. usage: plainframes N TOKENS_PER_SECOND SECONDS  →  the JSON object of `talkbench --measure-frames`

#include "ui/profiler/measuredapplication.h"

#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QTimer>

#include <cstdio>

int main(int argc, char **argv)
{
    talkbench::ui::MeasuredApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() != 4) {
        std::fprintf(stderr, "usage: plainframes N TOKENS_PER_SECOND SECONDS\n");
        return 2;
    }
    QWidget window;
    auto *row = new QHBoxLayout(&window);
    QList<QPlainTextEdit *> edits;
    for (int i = 0; i < arguments[1].toInt(); ++i) {
        edits << new QPlainTextEdit(&window);
        row->addWidget(edits.last());
    }
    window.resize(1320, 840);
    window.show();
    QTimer frame;
    QObject::connect(&frame, &QTimer::timeout, &window, [&edits, rate = arguments[2].toDouble(), owed = 0.0]() mutable {
        owed += rate * 0.016;
        const int tokens = static_cast<int>(owed);
        owed -= tokens;
        for (QPlainTextEdit *edit : std::as_const(edits)) {
            edit->moveCursor(QTextCursor::End);
            edit->insertPlainText(QStringLiteral("word ").repeated(tokens));
        }
    });
    frame.start(16);
    QTimer::singleShot(1000, &application, &talkbench::ui::MeasuredApplication::startMeasuring);
    QTimer::singleShot(1000 + arguments[3].toInt() * 1000, &application, [&application] {
        std::puts(application.reportJson().constData());
        QApplication::quit();
    });
    return QApplication::exec();
}
