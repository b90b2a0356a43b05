#include "ui/chat/welcome.h"

#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QAbstractButton>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int cardHeight = 76;
constexpr int widest = 680;
constexpr int padding = 14;

/// A prompt to try: what it is about, and the prompt itself.
class PromptCard final : public QAbstractButton {
public:
    PromptCard(const QString &title, const QString &prompt, QWidget *parent)
        : QAbstractButton(parent), m_title(title), m_prompt(prompt)
    {
        setAccessibleName(title + u": "_s + prompt);
        setCursor(Qt::PointingHandCursor);
        setFocusPolicy(Qt::TabFocus);
        setAttribute(Qt::WA_Hover);
        QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred); // as high as its neighbour
        policy.setHeightForWidth(true);
        setSizePolicy(policy);
    }

    QSize sizeHint() const override { return { 240, heightForWidth(240) }; }
    QSize minimumSizeHint() const override { return { 120, cardHeight }; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override
    {
        const QRect words(0, 0, width - 2 * padding, 1000);
        const int prompt = fontMetrics().boundingRect(words, Qt::TextWordWrap, m_prompt).height();
        return std::max(cardHeight, prompt + fontMetrics().height() + grid::half + 2 * grid::wide);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Colours &c = colours(this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(hasFocus() ? QPen(c.accent, 1.5) : QPen(c.border, 1));
        painter.setBrush(isDown() ? c.pressed : underMouse() ? c.hover : c.surface);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 10, 10);
        const QRect inside = rect().adjusted(padding, grid::wide, -padding, -grid::wide);
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(c.text);
        painter.drawText(inside, Qt::AlignLeft | Qt::AlignTop, m_title);
        painter.setFont(font());
        painter.setPen(c.mutedText);
        painter.drawText(inside.adjusted(0, fontMetrics().height() + grid::half, 0, 0),
                         Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_prompt);
    }

private:
    QString m_title;
    QString m_prompt;
};

} // namespace

Welcome::Welcome(QWidget *parent) : QWidget(parent), m_banner(banner()), m_servers(new Card(Card::Tone::Plain, this))
{
    setObjectName(u"welcome"_s);
    auto *title = new QLabel(tr("What shall we talk about?"), this);
    title->setObjectName(u"welcomeTitle"_s);
    scaleFont(title, 1.7, QFont::DemiBold);
    title->setAlignment(Qt::AlignCenter);
    auto *subtitle = mutedLabel(u"welcomeSubtitle"_s, this);
    subtitle->setText(tr("Every answer is timed from the socket to the screen."));
    subtitle->setAlignment(Qt::AlignCenter);

    auto *cards = new QGridLayout;
    cards->setSpacing(grid::wide);
    const struct {
        QString title;
        QString prompt;
    } prompts[] = {
        { tr("Explain"), tr("Explain how a TCP connection is opened, with a table of the steps.") },
        { tr("Write code"), tr("Write a function that reverses a linked list in C++ and in Python.") },
        { tr("Compare"), tr("Compare SQLite and PostgreSQL for a desktop application.") },
        { tr("Plan"), tr("Plan a weekend in Lisbon as a list, with times.") },
    };
    for (int i = 0; i < int(std::size(prompts)); ++i) {
        auto *card = new PromptCard(prompts[i].title, prompts[i].prompt, this);
        card->setObjectName(u"examplePrompt%1"_s.arg(i + 1));
        connect(card, &QAbstractButton::clicked, this,
                [this, prompt = prompts[i].prompt] { Q_EMIT promptChosen(prompt); });
        cards->addWidget(card, i / 2, i % 2);
    }

    auto *inside = new QWidget(this);
    inside->setMaximumWidth(widest);
    auto *column = new QVBoxLayout(inside);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addWidget(title);
    column->addWidget(subtitle);
    column->addSpacing(grid::wide);
    // Before the prompts: a small window shows how to get at a real model without being scrolled.
    column->addWidget(m_banner);
    column->addWidget(m_servers);
    column->addSpacing(grid::unit);
    column->addLayout(cards);
    m_servers->setObjectName(u"foundServers"_s);
    new QVBoxLayout(m_servers);
    m_servers->hide();
    auto *page = new QVBoxLayout(this);
    page->setContentsMargins(grid::section, grid::gap, grid::section, grid::gap);
    page->addStretch(1);
    auto *centre = new QHBoxLayout;
    centre->addStretch(1);
    centre->addWidget(inside, 1000);
    centre->addStretch(1);
    page->addLayout(centre);
    page->addStretch(1);
}

QWidget *Welcome::banner()
{
    auto *card = new Card(Card::Tone::Plain, this);
    card->setObjectName(u"simulationBanner"_s);
    auto *picture = new IconLabel(icon(u"info"_s, IconTone::Accent), grid::icon, card);
    m_bannerText = new QLabel(card);
    m_bannerText->setObjectName(u"simulationText"_s);
    m_bannerText->setWordWrap(true);
    m_connect = new QPushButton(icon(u"plug"_s), tr("Connect a provider"), card);
    m_connect->setObjectName(u"connectProvider"_s);
    connect(m_connect, &QPushButton::clicked, this, &Welcome::connectRequested);
    m_choose = new QPushButton(icon(u"model"_s), tr("Choose a model"), card);
    m_choose->setObjectName(u"chooseModel"_s);
    m_choose->hide();
    connect(m_choose, &QPushButton::clicked, this, &Welcome::modelRequested);
    auto *line = new QHBoxLayout(card);
    line->setContentsMargins(grid::gap, grid::wide, grid::wide, grid::wide);
    line->setSpacing(grid::wide);
    line->addWidget(picture);
    line->addWidget(m_bannerText, 1);
    line->addWidget(m_connect);
    line->addWidget(m_choose);
    return card;
}

void Welcome::setSimulated(bool simulated, bool canChoose)
{
    m_simulated = simulated;
    m_bannerText->setText(tr("This is a simulation: a built-in demo model answers, over real HTTP on this computer."));
    m_connect->setVisible(!canChoose);
    m_choose->setVisible(canChoose);
    showBanners();
}

void Welcome::setServers(const QStringList &servers)
{
    const QList<QWidget *> old = m_servers->findChildren<QWidget *>(QString(), Qt::FindDirectChildrenOnly);
    qDeleteAll(old);
    for (qsizetype i = 0; i < servers.size(); ++i) {
        auto *row = new QWidget(m_servers);
        auto *words = new QLabel(servers.at(i), row);
        words->setWordWrap(true);
        words->setTextFormat(Qt::PlainText);
        auto *use = new QPushButton(tr("Use it"), row);
        use->setObjectName(u"useServer%1"_s.arg(i + 1));
        use->setAccessibleName(tr("Use it: %1").arg(servers.at(i)));
        auto *line = new QHBoxLayout(row);
        line->setContentsMargins(grid::unit, 0, 0, 0);
        line->setSpacing(grid::wide);
        line->addWidget(new IconLabel(icon(u"dot"_s, IconTone::Ok), grid::icon, row));
        line->addWidget(words, 1);
        line->addWidget(use);
        m_servers->layout()->addWidget(row);
        connect(use, &QPushButton::clicked, this, [this, i] { Q_EMIT serverChosen(i); });
    }
    showBanners();
}

void Welcome::showBanners()
{
    m_banner->setVisible(m_simulated);
    m_servers->setVisible(m_simulated && !m_servers->findChildren<QPushButton *>().isEmpty());
}

} // namespace talkbench::ui
