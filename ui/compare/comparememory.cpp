#include "ui/compare/comparememory.h"

#include "core/config/settings.h"
#include "core/store/store.h"
#include "ui/chat/promptedit.h"
#include "ui/whenready.h"

#include <chrono>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

CompareMemory::CompareMemory(AppContext &context, PromptEdit &prompt) : m_context(context), m_prompt(prompt)
{
    m_wait.setSingleShot(true);
    m_wait.setInterval(std::chrono::milliseconds(500));
    connect(&m_wait, &QTimer::timeout, this, &CompareMemory::keepPrompt);
    connect(&m_prompt, &QPlainTextEdit::textChanged, &m_wait, [this] {
        if (!m_wait.isActive())
            m_wait.start();
    });
}

CompareMemory::~CompareMemory()
{
    if (m_wait.isActive())
        keepPrompt();
}

void CompareMemory::loadPrompt()
{
    whenReady(this, m_context.store.drafts(), [this](const base::Result<QList<store::Draft>> &drafts) {
        if (!drafts || !m_prompt.toPlainText().isEmpty())
            return; // whoever loads the conversations says why
        for (const store::Draft &draft : *drafts)
            if (draft.conversationId == store::Draft::comparison)
                m_prompt.setText(draft.text);
    });
}

void CompareMemory::keepPrompt()
{
    m_wait.stop();
    m_context.store.saveDraft({ store::Draft::comparison, m_prompt.toPlainText() });
}

QList<CompareMemory::Column> CompareMemory::columns() const
{
    QList<Column> columns;
    const QVariantList rows = m_context.settings.value("compare/columns").toMap().value(u"columns"_s).toList();
    for (const QVariant &row : rows) {
        const QVariantMap column = row.toMap();
        columns.append({ column.value(u"provider"_s).toString(), column.value(u"model"_s).toString(),
                         column.value(u"run"_s).toString() });
    }
    return columns;
}

void CompareMemory::keepColumns(const QList<Column> &columns)
{
    QVariantList rows;
    for (const Column &column : columns)
        rows.append(QVariantMap {
            { u"provider"_s, column.providerId }, { u"model"_s, column.model }, { u"run"_s, column.runId } });
    m_context.settings.setValue("compare/columns", QVariantMap { { u"columns"_s, rows } });
}

} // namespace talkbench::ui
