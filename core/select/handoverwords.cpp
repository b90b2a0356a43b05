#include "core/select/handoverwords.h"

#include "core/profile/format.h"
#include "core/select/fallback.h"

#include <QCoreApplication>

#include <algorithm>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

#define WORDS(text) QT_TRANSLATE_NOOP("Handover", text)

struct Row {
    base::ErrorKind kind;
    const char *words; ///< %1: the model
};

constexpr Row table[] = {
    { base::ErrorKind::Dns, WORDS("%1 can't be reached") },
    { base::ErrorKind::Refused, WORDS("%1 can't be reached") },
    { base::ErrorKind::Network, WORDS("%1 can't be reached") },
    { base::ErrorKind::ConnectTimeout, WORDS("%1 can't be reached") },
    { base::ErrorKind::Tls, WORDS("%1 has no trusted certificate") },
    { base::ErrorKind::Proxy, WORDS("the proxy does not lead to %1") },
    { base::ErrorKind::FirstByteTimeout, WORDS("%1 takes too long") },
    { base::ErrorKind::IdleTimeout, WORDS("%1 takes too long") },
    { base::ErrorKind::TotalTimeout, WORDS("%1 takes too long") },
    { base::ErrorKind::Reset, WORDS("%1 broke off") },
    { base::ErrorKind::Truncated, WORDS("%1 broke off") },
    { base::ErrorKind::Auth, WORDS("%1 refuses the key") },
    { base::ErrorKind::Forbidden, WORDS("%1 is not allowed with this key") },
    { base::ErrorKind::NotFound, WORDS("%1 is not there") },
    { base::ErrorKind::InvalidRequest, WORDS("%1 does not accept the request") },
    { base::ErrorKind::ContextTooLong, WORDS("the prompt is too long for %1") },
    { base::ErrorKind::RateLimited, WORDS("%1 is rate limited") },
    { base::ErrorKind::Quota, WORDS("the credit for %1 is used up") },
    { base::ErrorKind::Overloaded, WORDS("%1 is overloaded") },
    { base::ErrorKind::Server, WORDS("%1 has trouble on its side") },
    { base::ErrorKind::Redirect, WORDS("%1 has another address") },
    { base::ErrorKind::Filtered, WORDS("the filter of %1 stopped this") },
    { base::ErrorKind::Refusal, WORDS("%1 declines") },
    { base::ErrorKind::NotJson, WORDS("%1 answers in no way that can be read") },
    { base::ErrorKind::BadEvent, WORDS("%1 answers in no way that can be read") },
    { base::ErrorKind::TooLarge, WORDS("%1 answers in no way that can be read") },
};

#undef WORDS

QString tr(const char *text)
{
    return QCoreApplication::translate("Handover", text);
}

QString nameOfModel(const QString &text, const ProviderNames &nameOf)
{
    const auto ref = modelRefFromText(text);
    if (!ref || !nameOf)
        return text;
    return tr("%1 of %2").arg(ref->model, nameOf(ref->providerId));
}

QString whatFailed(const profile::Handover &handover, const QString &name)
{
    if (!handover.error)
        return tr("%1 has said nothing for %2").arg(name, profile::formatMs(static_cast<double>(handover.lateMs)));
    const auto *row = std::find_if(std::begin(table), std::end(table),
                                   [&handover](const Row &r) { return r.kind == *handover.error; });
    return tr(row == std::end(table) ? "%1 can't be asked" : row->words).arg(name);
}

QString whyNobody(base::ErrorKind kind)
{
    if (kind == base::ErrorKind::Auth)
        return tr("no other provider is left to ask, the key needs mending");
    if (kind == base::ErrorKind::ContextTooLong)
        return tr("no model with a longer context is left");
    return mayDoBetter({ kind, {}, {}, 0, {} }) ? tr("no other model is left to ask")
                                                : tr("another model would not mend that");
}

} // namespace

bool isHandover(const profile::Decision &step)
{
    return step.stage == "fallback"_L1 || step.stage == "hedge"_L1;
}

QString inWords(const profile::Decision &step, const ProviderNames &nameOf)
{
    if (!step.handover)
        return step.reason;
    const profile::Handover &handover = *step.handover;
    const QString failed = whatFailed(handover, nameOfModel(handover.from, nameOf));
    if (handover.to.isEmpty()) {
        const QString why = step.reason.isEmpty() && handover.error ? whyNobody(*handover.error) : step.reason;
        return tr("%1: %2").arg(failed, why);
    }
    const QString next = nameOfModel(handover.to, nameOf);
    return (handover.error ? tr("%1: asking %2 instead") : tr("%1: asking %2 beside it")).arg(failed, next);
}

QStringList handoversInWords(const QList<profile::Decision> &decisions, const ProviderNames &nameOf)
{
    QStringList words;
    for (const profile::Decision &step : decisions) {
        if (isHandover(step))
            words << inWords(step, nameOf);
    }
    return words;
}

} // namespace talkbench::select
