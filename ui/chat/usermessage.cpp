#include "ui/chat/usermessage.h"

#include "ui/chat/picturestrip.h"
#include "ui/chat/promptedit.h"
#include "ui/markdown/markdownview.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int bubblePadding = 14;
/// A line's height has its slack below the letters.
constexpr int bubbleTop = 11;
constexpr int bubbleBottom = 7;
constexpr double bubbleShare = 0.8;

/// Places the bubble at the right, as wide as its text needs and never wider than its share of the line.
class BubbleLine final : public QWidget {
public:
    BubbleLine(Card *bubble, MarkdownView *view, QWidget *parent) : QWidget(parent), m_bubble(bubble), m_view(view)
    {
        m_bubble->setParent(this);
        m_view->setParent(m_bubble);
        QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
        policy.setHeightForWidth(true);
        setSizePolicy(policy);
        connect(m_view, &MarkdownView::heightChanged, this, [this] { updateGeometry(); });
    }

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override
    {
        return m_view->heightForWidth(textWidth(width)) + bubbleTop + bubbleBottom;
    }
    QSize sizeHint() const override { return { 200, heightForWidth(std::max(width(), 200)) }; }

protected:
    void resizeEvent(QResizeEvent *) override
    {
        const int text = textWidth(width());
        const int side = text + 2 * bubblePadding;
        m_bubble->setGeometry(width() - side, 0, side, height());
        m_view->setGeometry(bubblePadding, bubbleTop, text, height() - bubbleTop - bubbleBottom);
        m_view->heightForWidth(text); // measuring has laid it out wider, and no resize follows where it keeps its size
    }

private:
    int textWidth(int width) const
    {
        const int most = std::max(int(width * bubbleShare) - 2 * bubblePadding, 40);
        m_view->heightForWidth(most);
        return std::min(m_view->idealWidth() + 1, most);
    }

    Card *m_bubble;
    MarkdownView *m_view;
};

} // namespace

UserMessage::UserMessage(const store::StoredMessage &message, QWidget *parent)
    : MessageWidget(message, parent), m_text(message.message.text()), m_bubble(new Card(Card::Tone::Bubble, this)),
      m_view(new MarkdownView(m_bubble)), m_editor(new Card(Card::Tone::Field, this)), m_edit(new PromptEdit(m_editor)),
      m_bar(new QWidget(this)), m_pictures(new PictureStrip(PictureStrip::Mode::Shown, this))
{
    setObjectName(u"userMessage"_s);
    setAccessibleName(tr("You wrote"));
    m_view->setObjectName(u"userText"_s);
    m_view->setAccessibleName(tr("You wrote"));
    m_view->setPlain(m_text);
    m_pictures->setParts(message.message.parts);
    m_pictures->setMaximumWidth(m_pictures->idealWidth());

    m_edit->setObjectName(u"messageEdit"_s);
    m_edit->setAccessibleName(tr("Edit your message"));
    auto *cancel = new QPushButton(tr("Cancel"), m_editor);
    auto *resend = new QPushButton(tr("Send"), m_editor);
    cancel->setObjectName(u"messageEditCancel"_s);
    resend->setObjectName(u"messageEditSend"_s);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(resend);
    auto *editing = new QVBoxLayout(m_editor);
    editing->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    editing->addWidget(m_edit);
    editing->addLayout(buttons);
    m_editor->hide();
    const auto submit = [this] {
        const QString text = m_edit->toPlainText();
        endEdit();
        if (!text.trimmed().isEmpty())
            Q_EMIT editRequested(messageId(), text);
    };
    connect(resend, &QPushButton::clicked, this, submit);
    connect(m_edit, &PromptEdit::submitted, this, submit);
    connect(cancel, &QPushButton::clicked, this, &UserMessage::endEdit);
    connect(m_edit, &PromptEdit::escaped, this, &UserMessage::endEdit);
    connect(m_edit, &PromptEdit::focusChanged, m_editor, &Card::setFocused);

    actions()->addStretch();
    QToolButton *copy = addAction(u"copyMessage"_s, u"copy"_s, tr("Copy"));
    connect(copy, &QToolButton::clicked, this, [this] { Q_EMIT copyRequested(m_text); });
    QToolButton *edit = addAction(u"editMessage"_s, u"edit"_s, tr("Edit and send again"));
    connect(edit, &QToolButton::clicked, this, &UserMessage::beginEdit);
    addPin();
    addSiblingSwitch();
    m_bar->setLayout(actions());

    auto *column = static_cast<QVBoxLayout *>(layout());
    column->setSpacing(grid::hair);
    m_line = new BubbleLine(m_bubble, m_view, this);
    column->addWidget(m_pictures, 0, Qt::AlignRight);
    column->addWidget(m_line);
    m_line->setVisible(!m_text.isEmpty());
    column->addWidget(m_editor);
    column->addWidget(m_bar);
}

void UserMessage::beginEdit()
{
    m_edit->setText(m_text);
    m_edit->moveCursor(QTextCursor::End);
    m_line->hide();
    m_bar->hide();
    m_editor->show();
    m_edit->setFocus();
}

void UserMessage::endEdit()
{
    Q_EMIT editEnded();
    m_editor->hide();
    m_line->setVisible(!m_text.isEmpty());
    m_bar->show();
}

} // namespace talkbench::ui
