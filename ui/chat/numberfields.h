#pragma once

#include <QDoubleValidator>
#include <QIntValidator>
#include <QLineEdit>
#include <QLocale>
#include <QRegularExpressionValidator>

#include <limits>
#include <optional>
#include <type_traits>

namespace talkbench::ui {

/// In C's locale, whatever the system's: 0.7 is 0.7 everywhere.
inline QValidator *decimals(double from, double to, QObject *parent)
{
    auto *validator = new QDoubleValidator(from, to, 4, parent);
    validator->setLocale(QLocale::c());
    validator->setNotation(QDoubleValidator::StandardNotation);
    return validator;
}

inline QValidator *whole(int from, QObject *parent)
{
    return new QIntValidator(from, std::numeric_limits<int>::max(), parent);
}

inline QValidator *seeds(QObject *parent)
{
    return new QRegularExpressionValidator(QRegularExpression(QStringLiteral("-?\\d{1,18}")), parent);
}

/// Unset where the field is empty, or holds what its validator doesn't accept.
template <typename T>
std::optional<T> numberIn(const QLineEdit *field)
{
    if (field->text().isEmpty() || !field->hasAcceptableInput())
        return std::nullopt;
    bool ok = false;
    const auto value = [&] {
        if constexpr (std::is_same_v<T, double>)
            return field->text().toDouble(&ok);
        else if constexpr (std::is_same_v<T, int>)
            return field->text().toInt(&ok);
        else
            return T(field->text().toLongLong(&ok));
    }();
    return ok ? std::optional<T>(value) : std::nullopt;
}

template <typename T>
void fill(QLineEdit *field, const std::optional<T> &value)
{
    field->setText(value ? QLocale::c().toString(*value).remove(QLatin1Char(',')) : QString());
}

} // namespace talkbench::ui
