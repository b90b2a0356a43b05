#include "core/llm/provider.h"
#include "core/llm/vendors.h"
#include "tests/fuzz/input.h"

#include <cmath>

using namespace talkbench;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    const QStringList protocols = llm::protocolNames();
    const auto *provider = llm::providerFor(protocols[input.choice(static_cast<int>(protocols.size()))]);
    const auto models = provider->parseModels(input.rest());
    fuzz::require(models || !models.error().message.isEmpty(), "an error says something");
    if (models) {
        for (const llm::ModelInfo &model : *models) {
            fuzz::require(!model.id.isEmpty(), "a model has an id");
            fuzz::require(model.contextTokens.value_or(1) > 0, "a context is positive");
            for (const double price : { model.inputPrice.value_or(0), model.outputPrice.value_or(0) })
                fuzz::require(std::isfinite(price) && price >= 0, "a price is a number");
        }
    }
    llm::vendorsFromJson(input.rest());
    return 0;
}
