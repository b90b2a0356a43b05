// The peer of the start-up figures: a main window with a text browser and nothing else. Prints 'painted' after its first paint.

#include <QApplication>
#include <QMainWindow>
#include <QTextBrowser>
#include <QTimer>

#include <cstdio>

namespace {

class EmptyWindow final : public QMainWindow {
public:
    EmptyWindow() { setCentralWidget(new QTextBrowser(this)); }

protected:
    bool event(QEvent *event) override
    {
        const bool handled = QMainWindow::event(event);
        if (event->type() == QEvent::Paint && !m_said) {
            m_said = true;
            QTimer::singleShot(0, this, [] {
                std::puts("painted");
                std::fflush(stdout);
            });
        }
        return handled;
    }

private:
    bool m_said = false;
};

} // namespace

int main(int argc, char **argv)
{
    const QApplication application(argc, argv);
    EmptyWindow window;
    window.resize(1280, 800);
    window.show();
    return QApplication::exec();
}
