#pragma once

#include "core/base/error.h"

#include <QWidget>

class QLabel;

namespace talkbench::ui {

/// What a person must know that belongs to no message, with a button that closes it. Hidden while there is nothing.
class ProblemBar final : public QWidget {
    Q_OBJECT

public:
    explicit ProblemBar(QWidget *parent = nullptr);

    /// In place of what was said before.
    void say(const base::Error &error);
    /// What a budget said of a call is not of the next; of kept data it stays.
    void clearWarning();

private:
    QLabel *m_text;
    bool m_isWarning = false;
};

} // namespace talkbench::ui
