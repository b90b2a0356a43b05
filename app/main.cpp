#include "app/commands/commands.h"

#include <QApplication>

#include <cstring>

int main(int argc, char **argv)
{
    // The command line needs no display.
    if (argc > 1 && std::strcmp(argv[1], "decode") == 0) {
        const QCoreApplication application(argc, argv);
        return talkbench::app::decodeCommand(QCoreApplication::arguments().mid(2), {});
    }
    if (argc > 1 && std::strcmp(argv[1], "simulate") == 0) {
        const QCoreApplication application(argc, argv);
        return talkbench::app::simulateCommand(QCoreApplication::arguments().mid(2), {});
    }
    const QApplication application(argc, argv);
    return 0;
}
