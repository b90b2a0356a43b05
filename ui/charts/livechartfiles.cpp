// What of a chart leaves the window: copied, or saved as a picture or a table.
#include "ui/charts/livechart.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QLabel>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

void LiveChart::addActions()
{
    const auto add = [this](const QString &name, const QString &text, auto act) {
        auto *action = new QAction(text, this);
        action->setObjectName(name);
        connect(action, &QAction::triggered, this, act);
        addAction(action);
        return action;
    };
    QAction *copy = add(u"copyImage"_s, tr("Copy image"), [this] { QApplication::clipboard()->setPixmap(grab()); });
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    add(u"copyData"_s, tr("Copy data as CSV"),
        [this] { QApplication::clipboard()->setText(QString::fromUtf8(csv())); });
    add(u"savePng"_s, tr("Save as PNG…"), [this] { saveAs(u"png"_s, tr("PNG image (*.png)"), &LiveChart::savePng); });
    add(u"saveSvg"_s, tr("Save as SVG…"), [this] { saveAs(u"svg"_s, tr("SVG drawing (*.svg)"), &LiveChart::saveSvg); });
    add(u"saveCsv"_s, tr("Save data as CSV…"),
        [this] { saveAs(u"csv"_s, tr("CSV table (*.csv)"), &LiveChart::saveCsv); });
    setContextMenuPolicy(Qt::ActionsContextMenu);
}

QByteArray LiveChart::csv() const
{
    QByteArray text = m_spec.x == ChartSpec::XAxis::Calls ? "series,call," : "series,seconds,";
    text += m_spec.unit.toUtf8() + '\n';
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        QByteArray name = m_spec.series.at(static_cast<qsizetype>(i)).name.toUtf8();
        name = '"' + name.replace('"', "\"\"") + '"';
        for (std::size_t k = 0; k < m_lines[i].points.size(); ++k) {
            const QPointF &point = m_lines[i].points.at(k);
            text += name + ',' + QByteArray::number(point.x(), 'g', 12) + ',' + QByteArray::number(point.y(), 'g', 12)
                + '\n';
        }
    }
    return text;
}

bool LiveChart::savePng(const QString &path)
{
    return grab().save(path, "PNG");
}

bool LiveChart::saveSvg(const QString &path)
{
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(size());
    generator.setViewBox(rect());
    generator.setTitle(m_spec.title);
    QPainter painter;
    if (!painter.begin(&generator))
        return false;
    painter.fillRect(rect(), palette().window());
    render(&painter, {}, {}, DrawChildren);
    return painter.end();
}

bool LiveChart::saveCsv(const QString &path)
{
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(csv()) >= 0 && file.commit();
}

void LiveChart::saveAs(const QString &suffix, const QString &filter, bool (LiveChart::*save)(const QString &))
{
    auto *dialog = new QFileDialog(this, tr("Save chart"), m_spec.id + u'.' + suffix, filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    connect(dialog, &QFileDialog::fileSelected, this, [this, save](const QString &path) {
        if (!(this->*save)(path))
            m_legend->setText(tr("Could not write %1").arg(path.toHtmlEscaped()));
    });
    dialog->open();
}

} // namespace talkbench::ui
