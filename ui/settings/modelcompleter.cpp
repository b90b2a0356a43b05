#include "ui/settings/modelcompleter.h"

#include "core/config/settings.h"
#include "ui/modellists.h"
#include "ui/wordfilter.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStandardItemModel>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int mostOffered = 100;
constexpr int writtenRole = Qt::UserRole + 1; ///< what is put into the field

/// The name that the cursor is in.
struct Span {
    int from = 0;
    int until = 0;
    QString typed; ///< of it, before the cursor
};

Span nameAt(const QString &text, int cursor)
{
    static const QRegularExpression separator(u",|\\n|->"_s);
    Span span { 0, int(text.size()), {} };
    auto separators = separator.globalMatch(text);
    while (separators.hasNext()) {
        const auto match = separators.next();
        if (match.capturedEnd() <= cursor) {
            span.from = int(match.capturedEnd());
        } else {
            span.until = std::max(int(match.capturedStart()), cursor);
            break;
        }
    }
    while (span.from < cursor && text.at(span.from).isSpace())
        ++span.from;
    while (span.until > cursor && text.at(span.until - 1).isSpace())
        --span.until;
    span.typed = text.mid(span.from, cursor - span.from);
    return span;
}

Span nameIn(const QWidget *field)
{
    if (const auto *line = qobject_cast<const QLineEdit *>(field))
        return nameAt(line->text(), line->cursorPosition());
    const auto *lines = qobject_cast<const QPlainTextEdit *>(field);
    return nameAt(lines->toPlainText(), lines->textCursor().position());
}

/// As typing would: it can be undone.
void write(QWidget *field, const Span &span, const QString &name)
{
    if (auto *line = qobject_cast<QLineEdit *>(field)) {
        line->setSelection(span.from, span.until - span.from);
        line->insert(name);
        return;
    }
    auto *lines = qobject_cast<QPlainTextEdit *>(field);
    QTextCursor cursor = lines->textCursor();
    cursor.setPosition(span.from);
    cursor.setPosition(span.until, QTextCursor::KeepAnchor);
    cursor.insertText(name);
    lines->setTextCursor(cursor);
}

} // namespace

ModelCompleter::ModelCompleter(AppContext &context, const ModelNames &names, QWidget *field)
    : QCompleter(field), m_context(context), m_names(names), m_found(new QStandardItemModel(this)),
      m_list(new QListView)
{
    m_list->setObjectName(u"modelCompletions"_s);
    m_list->setAccessibleName(tr("Models"));
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    setModel(m_found);
    setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    setPopup(m_list);
    setWidget(field);
    connect(this, qOverload<const QModelIndex &>(&QCompleter::activated), this, &ModelCompleter::take);
    connect(&context.models, &ModelLists::changed, this, [this] {
        if (m_offering)
            show();
    });
}

/// Once; lists of before are there until then.
void ModelCompleter::askForLists()
{
    if (std::exchange(m_asked, true))
        return;
    const auto providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers)
        m_context.models.want(provider.id);
}

QList<QStandardItem *> ModelCompleter::found(const QStringList &words) const
{
    QList<QStandardItem *> items;
    const auto providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        QStringList ids;
        if (!provider.defaultModel.isEmpty())
            ids << provider.defaultModel;
        const QList<llm::ModelInfo> listed = m_context.models.of(provider.id).models;
        for (const llm::ModelInfo &model : listed) {
            if (model.id != provider.defaultModel)
                ids << model.id;
        }
        for (const QString &id : std::as_const(ids)) {
            const select::ModelRef model { provider.id, id };
            const QString written = m_names.text(model);
            const QString shown = u"%1 · %2"_s.arg(id, provider.name);
            const QStringList searched { shown, written, toText(model) };
            if (items.size() == mostOffered || !hasAllWords(searched.join(u'\n').toCaseFolded(), words))
                continue;
            items << new QStandardItem(shown);
            items.constLast()->setData(written, writtenRole);
        }
    }
    return items;
}

void ModelCompleter::offer()
{
    if (m_taking || !widget()->hasFocus())
        return;
    m_offering = true;
    askForLists();
    show();
}

void ModelCompleter::show()
{
    if (!widget()->hasFocus())
        return;
    const Span span = nameIn(widget());
    const QStringList words = searchWords(span.typed);
    m_found->clear();
    if (!words.isEmpty())
        m_found->invisibleRootItem()->appendRows(found(words));
    const bool isWritten = m_found->rowCount() == 1 && m_found->item(0)->data(writtenRole).toString() == span.typed;
    if (m_found->rowCount() == 0 || isWritten) {
        m_list->hide();
        return;
    }
    QRect place;
    if (const auto *lines = qobject_cast<const QPlainTextEdit *>(widget())) {
        place = lines->cursorRect();
        place.setWidth(m_list->sizeHintForColumn(0) + m_list->verticalScrollBar()->sizeHint().width());
    }
    complete(place);
    m_list->setCurrentIndex({}); // what was typed is not replaced by Enter unless somebody chose
}

bool ModelCompleter::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_list || event->type() != QEvent::KeyPress)
        return QCompleter::eventFilter(watched, event);
    // A field of several lines would take these for itself.
    const int key = static_cast<const QKeyEvent *>(event)->key();
    m_offering = m_offering && key != Qt::Key_Escape;
    const QModelIndex chosen = m_list->currentIndex();
    if (!chosen.isValid() || (key != Qt::Key_Return && key != Qt::Key_Enter && key != Qt::Key_Tab))
        return QCompleter::eventFilter(watched, event);
    take(chosen);
    m_list->hide();
    return true;
}

void ModelCompleter::take(const QModelIndex &index)
{
    const QScopedValueRollback taking(m_taking, true);
    m_offering = false;
    write(widget(), nameIn(widget()), index.data(writtenRole).toString());
}

} // namespace talkbench::ui
