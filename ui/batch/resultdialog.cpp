#include "ui/batch/resultdialog.h"

#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QJsonArray>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr QSize standard { 720, 600 };

QString checksOf(const QJsonObject &row)
{
    QStringList lines;
    const QJsonArray verdicts = row["validation"_L1].toArray();
    for (const auto &verdict : verdicts) {
        const QString outcome = verdict["outcome"_L1].toString();
        const QString said = outcome == "passed"_L1 ? ResultDialog::tr("passed")
            : outcome == "failed"_L1                ? ResultDialog::tr("failed")
                                                    : ResultDialog::tr("not checked");
        const QString reason = verdict["reason"_L1].toString();
        const QString line = ResultDialog::tr("%1: %2").arg(verdict["validator"_L1].toString(), said);
        lines << (reason.isEmpty() ? line : ResultDialog::tr("%1, %2").arg(line, reason));
    }
    return lines.join(u'\n');
}

QString errorOf(const QJsonObject &row)
{
    const QJsonObject error = row["error"_L1].toObject();
    const QString raw = error["detail"_L1].toString();
    const QString message = error["message"_L1].toString();
    return raw.isEmpty() ? message : message + u"\n\n"_s + raw;
}

QString figuresOf(const QJsonObject &row)
{
    QStringList lines;
    const QJsonObject figures = row["metrics"_L1].toObject();
    for (const profile::Metric &metric : profile::metricTable()) {
        const QJsonValue value = figures[QLatin1StringView(metric.id)];
        if (value.isDouble())
            lines << ResultDialog::tr("%1: %2").arg(QCoreApplication::translate("Metric", metric.title),
                                                    profile::formatFigure(value.toDouble(), metric.unit));
    }
    if (const int attempts = row["attempts"_L1].toInt(); attempts > 1)
        lines << ResultDialog::tr("Attempts: %1").arg(attempts);
    if (const QString why = row["finish_reason"_L1].toString(); !why.isEmpty())
        lines << ResultDialog::tr("Ended by: %1").arg(why);
    return lines.join(u'\n');
}

QString textOf(const BatchDetail &detail)
{
    const QJsonObject &row = detail.row;
    const QJsonArray calls = row["tool_calls"_L1].toArray();
    const std::initializer_list<std::pair<QString, QString>> parts {
        { ResultDialog::tr("NOT WHOLE"), detail.problem },
        { ResultDialog::tr("SYSTEM PROMPT"), detail.system },
        { ResultDialog::tr("PROMPT"), detail.prompt },
        { ResultDialog::tr("ERROR"), errorOf(row) },
        { ResultDialog::tr("REASONING"), row["reasoning"_L1].toString() },
        { ResultDialog::tr("ANSWER"), row["text"_L1].toString() },
        { ResultDialog::tr("REFUSAL"), row["refusal"_L1].toString() },
        { ResultDialog::tr("TOOL CALLS"),
          calls.isEmpty() ? QString() : profile::jsonText({ { u"tool_calls"_s, calls } }) },
        { ResultDialog::tr("CHECKS"), checksOf(row) },
        { ResultDialog::tr("FIGURES"), figuresOf(row) },
    };
    QStringList shown;
    for (const auto &[title, text] : parts) {
        if (!text.isEmpty())
            shown << title + u'\n' + text;
    }
    return shown.join(u"\n\n"_s);
}

} // namespace

ResultDialog::ResultDialog(const BatchDetail &detail, const QString &providerName, QWidget *parent) : QDialog(parent)
{
    const QString model = detail.row["model"_L1].toString();
    const QString asked = providerName.isEmpty() ? model : tr("%1 · %2").arg(providerName, model);
    setObjectName(u"batchResult"_s);
    setWindowTitle(tr("Prompt %1, %2").arg(detail.row["id"_L1].toString(), asked));
    setAttribute(Qt::WA_DeleteOnClose);
    auto *text = new QPlainTextEdit(this);
    text->setObjectName(u"batchResultText"_s);
    text->setAccessibleName(tr("The whole result"));
    text->setReadOnly(true);
    text->setTabChangesFocus(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setPlainText(textOf(detail));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(grid::gap, grid::gap, grid::gap, grid::gap);
    column->setSpacing(grid::gap);
    column->addWidget(text);
    column->addWidget(buttons);
    resize(fitting(this, standard));
    text->setFocus();
}

} // namespace talkbench::ui
