#include "core/simulator/models.h"

#include <algorithm>
#include <array>

namespace talkbench::simulator {

namespace {

constexpr auto logNormal = Spread::Shape::LogNormal;

constexpr std::array table {
    Model { "sim-small", "1B", { logNormal, 120, 40 }, { logNormal, 6, 3 }, 2, 0 },
    Model { "sim-medium", "8B", { logNormal, 250, 80 }, { logNormal, 12, 6 }, 4, 0 },
    Model { "sim-large", "70B", { logNormal, 700, 200 }, { logNormal, 30, 12 }, 6, 0 },
    Model { "sim-reasoner", "32B", { logNormal, 400, 120 }, { logNormal, 14, 6 }, 4, 180 },
};

} // namespace

std::span<const Model> models()
{
    return table;
}

std::optional<Model> modelByName(const QString &name)
{
    const QString tag = QStringLiteral(":latest"); // Ollama's clients may add it
    const QString plain = name.endsWith(tag) ? name.chopped(tag.size()) : name;
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const Model &m) { return plain == QLatin1String(m.name); });
    if (found != table.end())
        return *found;
    if (name.startsWith(QLatin1String("sim-")))
        return table[1];
    return std::nullopt;
}

} // namespace talkbench::simulator
