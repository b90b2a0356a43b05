#pragma once

#include "core/base/http.h"
#include "core/base/result.h"
#include "core/config/providernetwork.h"

class QCommandLineParser;

namespace talkbench::app {

/// Who is to be asked, as the command line names it. What is empty comes from the settings.
struct Target {
    QString provider;
    QString protocol;
    QString baseUrl;
    QString model;
    base::HttpHeaders headers;
    /// Each part of it instead of the provider's own.
    config::ProviderNetwork network;
    /// From the proxy's URL, else from TALKBENCH_PROXY_PASSWORD.
    QString proxyPassword;
    /// TALKBENCH_API_KEY is for the provider that a person named, not for one that was chosen.
    bool isChosen = false;

    /// Auto. A server's own model of that name is asked for with its provider.
    bool isAutomatic() const;
};

void addTargetOptions(QCommandLineParser &parser);
/// Without the model and the headers. An error is of kind Usage, and quotes nothing that may hold a password.
base::Result<Target> readTarget(const QCommandLineParser &parser);

} // namespace talkbench::app
