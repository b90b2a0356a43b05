#include "tests/fuzz/input.h"
#include "ui/markdown/parser.h"

using namespace talkbench;

namespace {

void check(const ui::Run &run)
{
    fuzz::require(!run.text.isEmpty(), "a run has text");
    fuzz::require(run.href.isEmpty() || run.href.startsWith(QStringLiteral("http:"))
                      || run.href.startsWith(QStringLiteral("https:"))
                      || run.href.startsWith(QStringLiteral("mailto:")),
                  "a link leads to the web or to an address");
}

void check(const ui::Row &row)
{
    fuzz::require(row.kind != ui::Row::Kind::Heading || (row.level >= 1 && row.level <= 6), "headings have six levels");
    fuzz::require(row.indent <= 12 && row.quote <= 12, "depth is bounded");
    for (const ui::Run &run : row.runs)
        check(run);
    for (const QList<ui::Runs> &line : row.cells) {
        fuzz::require(line.size() <= row.alignments.size(), "a table has the columns that it says");
        for (const ui::Runs &cell : line) {
            for (const ui::Run &run : cell)
                check(run);
        }
    }
}

/// What has been shown as settled stays, whatever text comes after it.
void checkSettled(QByteArrayView source, qsizetype shown, const ui::Rows &whole)
{
    const qsizetype length = ui::settledLength(source.first(shown));
    fuzz::require(length >= 0 && length <= shown, "what is settled has come");
    fuzz::require(ui::parseMarkdown(source.first(length)) + ui::parseMarkdown(source.sliced(length)) == whole,
                  "what is settled stays");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    const int part = input.choice(256);
    // As the window holds it.
    const QByteArray source = QString::fromUtf8(input.rest()).toUtf8().replace("\r", "");
    const ui::Rows rows = ui::parseMarkdown(source);
    for (const ui::Row &row : rows)
        check(row);
    if (!ui::mayDefineReferences(source) && !ui::inflatesTables(source))
        checkSettled(source, source.size() * part / 255, rows);
    return 0;
}
