#include "ui/settings/connectiontest.h"

#include "core/base/route.h"
#include "core/profile/format.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QShortcut>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

using State = run::DiagnosisStep::State;

QString stepTitle(const QString &id)
{
    static constexpr std::pair<const char *, const char *> titles[] = {
        { "name", QT_TRANSLATE_NOOP("ConnectionStep", "Name") },
        { "connect", QT_TRANSLATE_NOOP("ConnectionStep", "Connect") },
        { "tls", QT_TRANSLATE_NOOP("ConnectionStep", "Encrypt") },
        { "connect+tls", QT_TRANSLATE_NOOP("ConnectionStep", "Connect and encrypt") },
        { "models", QT_TRANSLATE_NOOP("ConnectionStep", "List models") },
        { "model", QT_TRANSLATE_NOOP("ConnectionStep", "Default model") },
        { "chat", QT_TRANSLATE_NOOP("ConnectionStep", "Chat") },
    };
    for (const auto &[step, title] : titles) {
        if (id == QLatin1StringView(step))
            return QCoreApplication::translate("ConnectionStep", title);
    }
    return id;
}

QIcon stepIcon(State state)
{
    switch (state) {
    case State::Ok:
        return icon(u"check"_s, IconTone::Ok);
    case State::Warning:
        return icon(u"alert"_s, IconTone::Warning);
    case State::Failed:
        return icon(u"close"_s, IconTone::Error);
    case State::Skipped:
        return icon(u"ring"_s, IconTone::Muted);
    }
    return {};
}

/// Room for what comes of a test: nothing moves when it comes, and what is longer scrolls.
class ReservedArea final : public QScrollArea {
public:
    ReservedArea(QWidget *content, QWidget *parent) : QScrollArea(parent)
    {
        setFrameShape(QFrame::NoFrame);
        setFocusPolicy(Qt::NoFocus);
        setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setWidgetResizable(true);
        setWidget(content);
        viewport()->setAutoFillBackground(false);
        content->setAutoFillBackground(false);
    }
    QSize sizeHint() const override
    {
        return { QScrollArea::sizeHint().width(), usualLines * fontMetrics().lineSpacing() };
    }
    QSize minimumSizeHint() const override { return { 0, leastLines * fontMetrics().lineSpacing() }; }

private:
    static constexpr int usualLines = 9;
    static constexpr int leastLines = 4;
};

ToneLabel *stepText(const run::DiagnosisStep &step)
{
    auto *label = new ToneLabel(u"testStep_"_s + step.id,
                                step.state == State::Failed ? ToneLabel::Tone::Error : ToneLabel::Tone::Muted);
    // What is wrong stands above.
    const bool failed = step.state == State::Failed;
    label->setText(step.advice.isEmpty() ? step.text : failed ? step.advice : step.text + u'\n' + step.advice);
    return label;
}

} // namespace

ConnectionTest::ConnectionTest(QWidget *parent)
    : QWidget(parent), m_button(new QPushButton(icon(u"plug"_s), tr("Test connection"), this)),
      m_escape(new QShortcut(Qt::Key_Escape, this)),
      m_problem(new ToneLabel(u"providerProblem"_s, ToneLabel::Tone::Error)),
      m_result(new ToneLabel(u"providerTestResult"_s)), m_steps(new QWidget(this)), m_rows(new QGridLayout(m_steps))
{
    m_button->setObjectName(u"providerTest"_s);
    m_button->setAutoDefault(false);
    m_button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_steps->setObjectName(u"providerTestSteps"_s);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setHorizontalSpacing(grid::unit);
    m_rows->setVerticalSpacing(grid::half);
    m_rows->setColumnStretch(3, 1);
    m_steps->hide();
    m_problem->hide();
    auto *line = new QHBoxLayout;
    line->setSpacing(grid::wide);
    line->addWidget(m_button, 0, Qt::AlignTop | Qt::AlignLeft);
    line->addWidget(m_problem, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addLayout(line);
    column->addWidget(results(), 1);
    connect(m_button, &QPushButton::clicked, this, [this] {
        const bool running = m_test && m_test->running;
        running ? Q_EMIT stopRequested() : Q_EMIT requested();
    });
    m_escape->setEnabled(false); // else it would keep the dialog from closing
    connect(m_escape, &QShortcut::activated, this, &ConnectionTest::stopRequested);
}

QWidget *ConnectionTest::results()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addWidget(m_result);
    column->addWidget(m_steps);
    column->addWidget(offers());
    column->addStretch();
    return new ReservedArea(page, this);
}

void ConnectionTest::setProblem(const QString &problem)
{
    m_problem->say(problem, ToneLabel::Tone::Error);
}

QWidget *ConnectionTest::offers()
{
    auto *row = new QWidget(this);
    m_address = textButton(u"providerTestAddress"_s, u"check"_s, QString(), row);
    m_certificate = textButton(u"providerTestCertificate"_s, u"key"_s, tr("Show the certificate…"), row);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_address);
    line->addWidget(m_certificate);
    line->addStretch();
    connect(m_address, &QToolButton::clicked, this, [this] {
        if (m_test)
            Q_EMIT addressChosen(m_test->diagnosis.betterBaseUrl, m_test->diagnosis.betterProtocol);
    });
    connect(m_certificate, &QToolButton::clicked, this, &ConnectionTest::askForCertificate);
    return row;
}

void ConnectionTest::setTest(const std::optional<ProviderDraft::Test> &test)
{
    m_test = test;
    const bool running = test && test->running;
    m_button->setText(running ? tr("Stop the test") : tr("Test connection"));
    m_button->setIcon(icon(running ? u"stop"_s : u"plug"_s));
    m_escape->setEnabled(running);
    const auto tone = test && test->problem ? ToneLabel::Tone::Error : ToneLabel::Tone::Muted;
    const run::Diagnosis diagnosis = test ? test->diagnosis : run::Diagnosis();
    m_result->say(test ? test->words : QString(), tone);
    showSteps(diagnosis.steps);
    const QString address = diagnosis.betterBaseUrl.toString();
    m_address->setText(tr("Use %1").arg(address));
    m_address->setAccessibleName(m_address->text());
    m_address->setVisible(!address.isEmpty());
    m_certificate->setVisible(test && test->problem && test->problem->certificate);
}

void ConnectionTest::focusButton()
{
    m_button->setFocus();
}

void ConnectionTest::showSteps(const QList<run::DiagnosisStep> &steps)
{
    while (QLayoutItem *item = m_rows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int row = 0;
    for (const run::DiagnosisStep &step : steps) {
        const bool afterConnect = row > 0 && steps.at(row - 1).id == "connect"_L1;
        auto *title = new QLabel(stepTitle(step.id == "tls"_L1 && !afterConnect ? u"connect+tls"_s : step.id));
        title->setObjectName(u"testStepTitle_"_s + step.id);
        auto *took = mutedLabel(u"testStepTime_"_s + step.id, m_steps);
        took->setText(step.ms ? profile::formatMs(*step.ms) : QString());
        m_rows->addWidget(new IconLabel(stepIcon(step.state), grid::icon, m_steps), row, 0, Qt::AlignTop);
        m_rows->addWidget(title, row, 1, Qt::AlignTop);
        m_rows->addWidget(took, row, 2, Qt::AlignTop | Qt::AlignRight);
        m_rows->addWidget(stepText(step), row, 3);
        ++row;
    }
    m_steps->setVisible(row > 0);
}

void ConnectionTest::askForCertificate()
{
    if (!m_test || !m_test->problem || !m_test->problem->certificate)
        return;
    const base::ServerCertificate certificate = *m_test->problem->certificate;
    const QLocale locale;
    auto *box = new QMessageBox(QMessageBox::Warning, tr("Server's certificate"),
                                tr("Trust this certificate of “%1”?").arg(m_test->config.baseUrl.host()),
                                QMessageBox::Cancel, this);
    box->setObjectName(u"certificateDialog"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(
        tr("Made out to: %1\nBy: %2\nValid: %3 to %4\n%5\n\nSHA-256:\n%6\n\nCompare this fingerprint with "
           "the server's own. Once pinned, this certificate alone is accepted from this provider.")
            .arg(certificate.subject, certificate.issuer,
                 locale.toString(certificate.validFrom.date(), QLocale::ShortFormat),
                 locale.toString(certificate.validUntil.date(), QLocale::ShortFormat),
                 certificate.problems.join(u"; "_s), base::fingerprintText(certificate.fingerprint)));
    QPushButton *pin = box->addButton(tr("Pin it"), QMessageBox::AcceptRole);
    pin->setObjectName(u"certificatePin"_s);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(pin, &QPushButton::clicked, this, [this, certificate] { Q_EMIT pinChosen(certificate.fingerprint); });
    box->open();
}

} // namespace talkbench::ui
