#pragma once

#include "core/base/result.h"
#include "core/select/modelref.h"
#include "ui/appcontext.h"

#include <QCoreApplication>
#include <QList>

class QLineEdit;
class QPlainTextEdit;

namespace talkbench::ui {

/// Models as a person writes them in a field, "provider/model", by the name that the provider has in the settings: its id is
/// what is kept. Where a name is not only one provider's, or would not be told from what stands around it, the id is written.
class ModelNames {
    Q_DECLARE_TR_FUNCTIONS(ModelNames)

public:
    /// A provider that is renamed or removed later goes on to be known by what it is called now.
    explicit ModelNames(AppContext &context);

    /// What stands in a field already is no mistake, even if its provider is gone.
    void keep(const QList<select::ModelRef> &models);

    QString text(const select::ModelRef &model) const;
    QString text(const QList<select::ModelRef> &models, const QString &separator) const;
    /// Separated by commas or lines, providers by name, in any case, or by id. Kind Config: one that can't be read, or whose
    /// provider is not known; the model itself is taken as it is.
    base::Result<QList<select::ModelRef>> models(const QString &text) const;

    /// Offers the models that the providers list while a name is typed, by any part of it.
    void completeIn(QLineEdit *field) const;
    void completeIn(QPlainTextEdit *field) const;

private:
    struct Provider {
        QString id;
        QString name;

        bool operator==(const Provider &) const = default;
    };

    QList<Provider> providers() const;
    base::Result<QString> idOf(const QString &written) const;

    AppContext &m_context;
    QList<Provider> m_known;
};

} // namespace talkbench::ui
