#pragma once

#include "core/llm/provider.h"
#include "core/net/httptransport.h"

#include <QJsonObject>
#include <QMetaType>

namespace talkbench::run {

/// What 'Test connection' is to try.
struct DiagnosisPlan {
    llm::Endpoint endpoint;
    /// Looked up in the server's list; may be empty.
    QString model = {};
    /// Whether to put a question of a few tokens to it as well.
    bool chat = false;
    net::TransportLimits limits { 10'000, 30'000, 15'000, 60'000 };
};

struct DiagnosisStep {
    enum class State { Ok, Warning, Failed, Skipped };

    /// "name", "connect", "tls", "models", "model", "chat".
    QString id;
    State state = State::Ok;
    /// How long it took; unset where nothing was measured.
    std::optional<double> ms = {};
    /// For a person: what was seen or is wrong, and what to do about it.
    QString text = {};
    QString advice = {};
};

/// Name of the state: "ok", "warning", "failed", "skipped".
QString stateName(DiagnosisStep::State state);

/// What 'Test connection' found, step by step; what comes after a failed step is left out.
struct Diagnosis {
    /// What was asked for, without a key.
    QUrl url;
    QList<DiagnosisStep> steps;
    QList<llm::ModelInfo> models;
    /// A base URL at the same server that answers as it should, where the one given does not; and its protocol.
    QUrl betterBaseUrl;
    QString betterProtocol;
    /// Of the step that failed.
    std::optional<base::Error> error;

    bool ok() const { return !error; }
};

/// {"ok", "url", "steps": [{"id", "state", "ms", "text", "advice"}], "models" (how many), "better_base_url",
/// "better_protocol", "error": {"kind", "message"}}; null where there is none.
QJsonObject toJson(const Diagnosis &diagnosis);

} // namespace talkbench::run

Q_DECLARE_METATYPE(talkbench::run::Diagnosis)
