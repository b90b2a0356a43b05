#include "core/profile/phases.h"

namespace talkbench::profile {

QList<PhaseSpan> phaseSpans(const Trace &trace)
{
    const bool connected = trace.connectStartedNs != 0;
    const bool encrypted = connected && trace.encryptedNs != 0;
    const qint64 queued = trace.queuedNs != 0 ? trace.queuedNs : trace.submittedNs;
    // A call that ended before it went out ended in the wait that it was in.
    const bool sent = trace.dispatchedNs != 0;
    const qint64 retrying = trace.waitsToRetry() ? trace.endNs : 0;
    const qint64 waiting = trace.waitsToRetry() ? 0 : trace.endNs;
    const PhaseSpan ends[] = {
        { "retry", QT_TRANSLATE_NOOP("Phase", "Retries"), 0, queued > trace.submittedNs ? queued : retrying },
        { "queue", QT_TRANSLATE_NOOP("Phase", "Queue"), 0, sent ? trace.dispatchedNs : waiting },
        { "connect", QT_TRANSLATE_NOOP("Phase", "Connect"), 0, connected && !encrypted ? trace.sentNs : 0 },
        { "tls", QT_TRANSLATE_NOOP("Phase", "Connect and TLS"), 0, encrypted ? trace.encryptedNs : 0 },
        { "send", QT_TRANSLATE_NOOP("Phase", "Send"), 0, connected && !encrypted ? 0 : trace.sentNs },
        { "wait", QT_TRANSLATE_NOOP("Phase", "Headers"), 0, trace.headersNs },
        { "first_content", QT_TRANSLATE_NOOP("Phase", "To first token"), 0, trace.firstContentNs },
        { "stream", QT_TRANSLATE_NOOP("Phase", "Stream"), 0, trace.lastContentNs },
        { "end", QT_TRANSLATE_NOOP("Phase", "End"), 0, sent ? trace.endNs : 0 },
    };
    QList<PhaseSpan> spans;
    qint64 start = trace.submittedNs;
    for (PhaseSpan span : ends) {
        if (span.endNs == 0)
            continue;
        span.startNs = start;
        span.endNs = qMax(span.endNs, start);
        start = span.endNs;
        spans.append(span);
    }
    return spans;
}

QJsonObject phasesJson(const Trace &trace)
{
    QJsonObject object { { QStringLiteral("reused_connection"), trace.reusedConnection } };
    for (const PhaseSpan &span : phaseSpans(trace))
        object.insert(QLatin1String(span.id) + QLatin1String("_ms"), span.ms());
    return object;
}

} // namespace talkbench::profile
