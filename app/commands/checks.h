#pragma once

#include "core/base/result.h"
#include "core/llm/validation.h"
#include "core/profile/verdict.h"

#include <QStringList>

class QCommandLineParser;

namespace talkbench::app {

/// --validate, --validate-schema, --validate-retries, --validate-fallback.
void addCheckOptions(QCommandLineParser &parser);
/// An error is of kind Usage: every validator given can be used.
base::Result<llm::Validation> readChecks(const QCommandLineParser &parser);

/// A line for each verdict that is not 'passed'.
QStringList complaints(const QList<profile::Verdict> &verdicts);

} // namespace talkbench::app
