#include "core/llm/modelname.h"

namespace talkbench::llm {

ModelName modelNameFrom(const QString &text, const QStringList &providers)
{
    const QString name = text.trimmed();
    const qsizetype slash = name.indexOf(u'/');
    if (slash > 0 && providers.contains(name.first(slash)))
        return { name.first(slash), name.sliced(slash + 1) };
    return { {}, name };
}

} // namespace talkbench::llm
