#include "ui/chat/composer.h"

#include "ui/chat/optionspanel.h"
#include "ui/chat/picturestrip.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int sendSize = 34;

/// Round and filled: the one primary action of the page.
class SendButton final : public QToolButton {
public:
    using QToolButton::QToolButton;

    QSize sizeHint() const override { return { iconSide(this, sendSize), iconSide(this, sendSize) }; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Colours &c = colours(this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(hasFocus() ? QPen(c.text, 1.5) : QPen(Qt::NoPen));
        painter.setBrush(!isEnabled()                     ? c.pressed
                             : isDown()                   ? c.accentFill.darker(118)
                             : underMouse() || hasFocus() ? c.accentFill.darker(108)
                                                          : c.accentFill);
        painter.drawEllipse(QRectF(rect()).adjusted(1, 1, -1, -1));
        const int margin = width() / 4;
        icon().paint(&painter, rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter,
                     isEnabled() ? QIcon::Normal : QIcon::Disabled);
    }
};

} // namespace

Composer::Composer(QWidget *parent)
    : QWidget(parent), m_stack(new QVBoxLayout), m_field(new Card(Card::Tone::Field, this)),
      m_edit(new PromptEdit(m_field)), m_hint(mutedLabel(u"composerHint"_s, m_field, 0.9)),
      m_estimate(new ElidedLabel(m_field)), m_send(new SendButton(m_field)),
      m_strip(new PictureStrip(PictureStrip::Mode::Edited, m_field)),
      m_attach(iconButton(u"attach"_s, u"image"_s, tr("Add pictures (or paste, or drop them here)"), m_field)),
      m_options(new OptionsPanel(this)), m_optionsButton(iconButton(u"options"_s, u"sliders"_s, {}, m_field))
{
    setObjectName(u"composer"_s);
    m_edit->setObjectName(u"prompt"_s);
    m_edit->setAccessibleName(tr("Message"));
    m_edit->setPlaceholderText(tr("Ask anything"));
    m_estimate->setObjectName(u"composerEstimate"_s);
    m_estimate->setForegroundRole(QPalette::PlaceholderText);
    scaleFont(m_estimate, 0.9);
    m_send->setObjectName(u"send"_s);
    m_send->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_send->setFocusPolicy(Qt::TabFocus);
    m_attach->setAccessibleName(tr("Add pictures"));
    m_optionsButton->setCheckable(true);
    m_options->setMaximumWidth(grid::column + 2 * grid::wide);
    m_options->hide();
    m_edit->setTakesPictures(true);
    setFocusProxy(m_edit);
    m_field->setFocusPolicy(Qt::ClickFocus); // before it has a proxy, whose policy it would be
    m_field->setFocusProxy(m_edit);
    layOut();
    connectParts();
    countOptions();
    setSendKey(PromptEdit::SendKey::Enter);
    refresh();
}

void Composer::layOut()
{
    auto *foot = new QHBoxLayout;
    foot->setSpacing(grid::wide);
    foot->setContentsMargins(0, 0, 0, 0);
    foot->addWidget(m_attach);
    foot->addWidget(m_optionsButton);
    foot->addWidget(m_hint);
    foot->addStretch();
    foot->addWidget(m_estimate);
    foot->addWidget(m_send);
    auto *inside = new QVBoxLayout(m_field);
    inside->setContentsMargins(grid::wide, grid::unit, grid::unit, grid::unit);
    inside->setSpacing(grid::half);
    inside->addWidget(m_strip);
    inside->addWidget(m_edit);
    inside->addLayout(foot);
    m_stack->setSpacing(grid::unit);
    m_stack->addWidget(m_options);
    m_stack->addWidget(makeNote());
    m_stack->addWidget(m_field);
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(grid::section, 0, grid::section, grid::gap);
    line->addStretch(1);
    line->addLayout(m_stack, 1000);
    line->addStretch(1);
    m_field->setMaximumWidth(grid::column + 2 * grid::wide);
}

void Composer::connectParts()
{
    connect(m_edit, &PromptEdit::submitted, this, &Composer::submit);
    connect(m_edit, &PromptEdit::recalled, this, &Composer::recallRequested);
    connect(m_edit, &PromptEdit::escaped, this, &Composer::stopRequested);
    connect(m_edit, &PromptEdit::filesGiven, this, &Composer::addFiles);
    connect(m_edit, &PromptEdit::imageGiven, this, &Composer::addImage);
    connect(m_optionsButton, &QToolButton::clicked, this, &Composer::showOptions);
    connect(m_options, &OptionsPanel::closeRequested, this, [this] { showOptions(false); });
    connect(m_options, &OptionsPanel::changed, this, &Composer::countOptions);
    connect(m_attach, &QToolButton::clicked, this, &Composer::chooseFiles);
    connect(m_strip, &PictureStrip::removeRequested, this, [this](qsizetype index) {
        m_pictures.removeAt(index);
        picturesDiffer();
        m_edit->setFocus();
    });
    connect(m_edit, &PromptEdit::focusChanged, m_field, &Card::setFocused);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        refresh();
        Q_EMIT textChanged();
    });
    connect(m_send, &QToolButton::clicked, this, [this] {
        if (m_generating)
            Q_EMIT stopRequested();
        else
            submit();
    });
}

QWidget *Composer::makeNote()
{
    auto *card = new Card(Card::Tone::Warning, this);
    card->setObjectName(u"composerNote"_s);
    card->setMaximumWidth(grid::column + 2 * grid::wide);
    m_noteText = new QLabel(card);
    m_noteText->setObjectName(u"composerNoteText"_s);
    m_noteText->setTextFormat(Qt::PlainText);
    m_noteText->setWordWrap(true);
    auto *close = iconButton(u"composerNoteClose"_s, u"close"_s, tr("Close"), card);
    connect(close, &QToolButton::clicked, this, [this] {
        m_warning.clear();
        complain({});
    });
    auto *line = new QHBoxLayout(card);
    line->setContentsMargins(grid::wide, grid::half, grid::half, grid::half);
    line->addWidget(m_noteText, 1);
    line->addWidget(close, 0, Qt::AlignTop);
    m_note = card;
    m_note->hide();
    return m_note;
}

void Composer::showOptions(bool shown)
{
    m_options->setVisible(shown);
    m_optionsButton->setChecked(shown);
    if (shown)
        m_options->setFocus();
    else
        m_edit->setFocus();
}

void Composer::countOptions()
{
    const int count = m_options->count();
    m_optionsButton->setIcon(icon(u"sliders"_s, count > 0 ? IconTone::Accent : IconTone::Muted));
    const QString name = count > 0 ? tr("Options of this chat, %n set", nullptr, count) : tr("Options of this chat");
    m_optionsButton->setAccessibleName(name);
    m_optionsButton->setToolTip(name);
}

void Composer::complain(const QString &problem)
{
    m_problem = problem;
    showNote();
}

void Composer::setWarning(const QString &warning)
{
    m_warning = warning;
    showNote();
}

void Composer::showNote()
{
    QStringList said { m_problem, m_warning };
    said.removeAll(QString());
    m_noteText->setText(said.join(u'\n'));
    m_note->setAccessibleName(m_noteText->text());
    m_note->setVisible(!said.isEmpty());
}

void Composer::chooseFiles()
{
    auto *dialog = new QFileDialog(window(), tr("Add pictures"));
    dialog->setObjectName(u"pictureFiles"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({ tr("Pictures (*.png *.jpg *.jpeg *.gif *.webp *.bmp)"), tr("All files (*)") });
    connect(dialog, &QFileDialog::filesSelected, this, &Composer::addFiles);
    dialog->open();
}

void Composer::addFiles(const QStringList &paths)
{
    complain({});
    for (const QString &path : paths)
        await(readPicture(path));
}

void Composer::addImage(const QImage &image)
{
    complain({});
    await(encodePicture(image));
}

void Composer::await(const QFuture<base::Result<Picture>> &picture)
{
    if (m_pictures.size() + m_reading.size() >= picturelimits::count) {
        complain(tr("A message takes %1 pictures at most.").arg(picturelimits::count));
        return;
    }
    m_reading.append(picture);
    refresh();
    whenReady(this, picture, [this](const base::Result<Picture> &) { takeRead(); });
}

/// In the order of choosing: one that is read waits for those before it.
void Composer::takeRead()
{
    while (!m_reading.isEmpty() && m_reading.constFirst().isFinished()) {
        const base::Result<Picture> read = m_reading.takeFirst().result();
        if (read)
            m_pictures.append(*read);
        else
            complain(read.error().message);
    }
    picturesDiffer();
}

void Composer::setPictures(const QList<Picture> &pictures)
{
    m_pictures = pictures;
    complain({});
    picturesDiffer();
}

void Composer::picturesDiffer()
{
    m_strip->setPictures(m_pictures);
    refresh();
    Q_EMIT picturesChanged();
}

bool Composer::canTake(const QMimeData &given)
{
    return given.hasImage() || !localFiles(given).isEmpty();
}

void Composer::take(const QMimeData &given)
{
    if (const QStringList files = localFiles(given); !files.isEmpty())
        addFiles(files);
    else if (given.hasImage())
        addImage(given.imageData().value<QImage>());
}

void Composer::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitHint();
}

/// The hint gives way before the figures do.
void Composer::fitHint()
{
    const int others = m_estimate->sizeHint().width() + iconSide(this, 3 * grid::control + sendSize) + 6 * grid::wide;
    m_hint->setVisible(m_hint->sizeHint().width() + others < m_field->maximumWidth()
                       && m_hint->sizeHint().width() + others < width() - 2 * grid::section);
}

void Composer::setText(const QString &text)
{
    if (text == m_edit->toPlainText())
        return;
    m_edit->setText(text);
    m_edit->moveCursor(QTextCursor::End);
}

void Composer::setSendKey(PromptEdit::SendKey key)
{
    m_edit->setSendKey(key);
    m_hint->setText(key == PromptEdit::SendKey::Enter ? tr("Enter sends, Shift+Enter breaks the line")
                                                      : tr("Ctrl+Enter sends, Enter breaks the line"));
}

void Composer::setGenerating(bool generating)
{
    m_generating = generating;
    refresh();
}

void Composer::addLine(QWidget *line)
{
    line->setMaximumWidth(grid::column + 2 * grid::wide);
    m_stack->insertWidget(m_stack->count() - 1, line);
}

void Composer::setEstimate(const QString &estimate, const QString &tip)
{
    m_estimate->setText(estimate);
    // A narrow window shows its beginning only.
    m_estimate->setToolTip(tip.isEmpty() ? estimate : tr("%1\n%2").arg(estimate, tip));
    fitHint();
}

void Composer::focusText()
{
    m_edit->setFocus();
}

void Composer::submit()
{
    const QString text = m_edit->toPlainText();
    if (m_generating || !m_reading.isEmpty() || (text.trimmed().isEmpty() && m_pictures.isEmpty()))
        return;
    const QList<Picture> pictures = m_pictures;
    m_edit->clear();
    setPictures({});
    Q_EMIT sendRequested(text, pictures);
}

void Composer::refresh()
{
    const bool some = !m_pictures.isEmpty() || !m_edit->toPlainText().trimmed().isEmpty();
    m_send->setEnabled(m_generating || (some && m_reading.isEmpty()));
    m_send->setIcon(icon(m_generating ? u"stop"_s : u"send"_s, IconTone::OnAccent));
    const QString tip = m_generating ? tr("Stop (Esc)") : tr("Send");
    m_send->setToolTip(tip);
    m_send->setAccessibleName(m_generating ? tr("Stop") : tr("Send"));
}

} // namespace talkbench::ui
