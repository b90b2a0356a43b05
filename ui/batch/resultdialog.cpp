#include "ui/batch/resultdialog.h"

#include "core/profile/format.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr QSize standard { 720, 600 };

QString checksOf(const bench::BatchDetail &result)
{
    using enum profile::Verdict::Outcome;
    QStringList lines;
    for (const profile::Verdict &verdict : result.verdicts) {
        const QString said = verdict.outcome == Passed ? ResultDialog::tr("passed")
            : verdict.outcome == Failed                ? ResultDialog::tr("failed")
                                                       : ResultDialog::tr("not checked");
        const QString line = ResultDialog::tr("%1: %2").arg(verdict.validator, said);
        lines << (verdict.reason.isEmpty() ? line : ResultDialog::tr("%1, %2").arg(line, verdict.reason));
    }
    return lines.join(u'\n');
}

QString figuresOf(const bench::BatchDetail &result)
{
    QStringList lines;
    for (const auto &[metric, value] : result.figures)
        lines << ResultDialog::tr("%1: %2").arg(QCoreApplication::translate("Metric", metric->title),
                                                profile::formatFigure(value, metric->unit));
    if (result.attempts > 1)
        lines << ResultDialog::tr("Attempts: %1").arg(result.attempts);
    if (!result.finishReason.isEmpty())
        lines << ResultDialog::tr("Ended by: %1").arg(result.finishReason);
    return lines.join(u'\n');
}

QString textOf(const BatchDetail &detail)
{
    const bench::BatchDetail &result = detail.result;
    const QString raw = result.errorDetail.isEmpty() ? QString() : u"\n\n"_s + result.errorDetail;
    const std::initializer_list<std::pair<QString, QString>> parts {
        { ResultDialog::tr("NOT WHOLE"), detail.problem },   { ResultDialog::tr("SYSTEM PROMPT"), detail.system },
        { ResultDialog::tr("PROMPT"), result.prompt },       { ResultDialog::tr("ERROR"), result.error + raw },
        { ResultDialog::tr("REASONING"), result.reasoning }, { ResultDialog::tr("ANSWER"), result.text },
        { ResultDialog::tr("REFUSAL"), result.refusal },     { ResultDialog::tr("TOOL CALLS"), result.toolCalls },
        { ResultDialog::tr("CHECKS"), checksOf(result) },    { ResultDialog::tr("FIGURES"), figuresOf(result) },
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
    const QString &model = detail.result.model;
    const QString asked = providerName.isEmpty() ? model : tr("%1 · %2").arg(providerName, model);
    setObjectName(u"batchResult"_s);
    setWindowTitle(tr("Prompt %1, %2").arg(detail.result.id, asked));
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
