#pragma once

#include "core/base/result.h"
#include "core/profile/cacheentry.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace talkbench::ui {

struct AppContext;
class ProviderHours;
class ToneLabel;
class ValuesPage;

/// The response cache: when it answers and how much it keeps; what it holds and has saved; and how to empty it, which happens
/// at once, without Save.
class CachePage final : public QWidget {
    Q_OBJECT

public:
    explicit CachePage(AppContext &context, QWidget *parent = nullptr);

    base::Result<void> save();

private:
    QWidget *clearRow();
    void look();
    void showStats(const profile::CacheStats &stats);
    void showModels(const QStringList &models);
    void clear(const profile::CacheFilter &filter);

    AppContext &m_context;
    ValuesPage *m_values;
    ProviderHours *m_hours;
    QLabel *m_size;
    QLabel *m_hits;
    QLabel *m_saved;
    QComboBox *m_models;
    QPushButton *m_clearModel;
    QPushButton *m_clearAll;
    ToneLabel *m_outcome;
};

} // namespace talkbench::ui
