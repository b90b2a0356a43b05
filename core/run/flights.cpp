#include "core/run/flights.h"

#include <utility>

namespace talkbench::run {

void Flight::join(Priority priority)
{
    ++m_followers;
    Q_EMIT joined(priority);
}

void Flight::depart()
{
    if (!std::exchange(m_departed, true))
        Q_EMIT departed();
}

void Flight::leave()
{
    if (--m_followers == 0)
        Q_EMIT deserted();
}

void Flight::add(const QString &text, const QString &reasoning)
{
    m_text += text;
    m_reasoning += reasoning;
    Q_EMIT content(text, reasoning);
}

Flight *Flights::find(const QByteArray &key) const
{
    const auto found = m_flights.find(key);
    return found == m_flights.end() ? nullptr : found->second.get();
}

Flight &Flights::begin(const QByteArray &key)
{
    return *(m_flights[key] = std::make_unique<Flight>());
}

void Flights::land(const QByteArray &key, const profile::RunRecord &record)
{
    const auto found = m_flights.find(key);
    Flight *flight = found->second.release();
    m_flights.erase(found);
    Q_EMIT flight->landed(record);
    flight->deleteLater(); // who hears of it may still look at it
}

} // namespace talkbench::run
