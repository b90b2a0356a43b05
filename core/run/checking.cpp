#include "core/run/checking.h"

#include "core/validate/validators.h"

#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

void Checking::start(const QList<llm::Validator> &validators, const QString &answer, const Then &then)
{
    m_validators = validators;
    m_then = then;
    m_context = std::make_unique<QObject>();
    m_scheduler.aside(m_context.get(), [this, validators, answer]() -> Scheduler::Then {
        return [this, verdicts = validate::check(validators, answer)] {
            m_context.release()->deleteLater(); // its own call is running
            end(verdicts);
        };
    });
}

void Checking::stop()
{
    m_context.reset();
    end(validate::notChecked(m_validators, u"stopped before it was checked"_s));
}

void Checking::end(const QList<profile::Verdict> &verdicts)
{
    std::exchange(m_then, {})(verdicts);
}

} // namespace talkbench::run
