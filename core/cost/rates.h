#pragma once

#include "core/cost/receipt.h"

#include <array>

namespace talkbench::cost {

/// Every class that a price can tell, in the order in which people read them. The first two are always known.
inline constexpr std::array rateClasses { TokenClass::Input,      TokenClass::Output,       TokenClass::CacheRead,
                                          TokenClass::CacheWrite, TokenClass::CacheWrite1h, TokenClass::Reasoning,
                                          TokenClass::Image };

/// What the price itself says of it; unset: it costs as another class does.
std::optional<double> rateOf(const Rates &rates, TokenClass tokenClass);
void setRate(Rates &rates, TokenClass tokenClass, double usd);

/// Whether it can be a price: an error of kind Config says what is wrong, for a person.
base::Result<void> checkPrice(const Price &price);

} // namespace talkbench::cost
