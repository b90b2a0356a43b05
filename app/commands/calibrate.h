#pragma once

#include "core/bench/calibration.h"

#include <QProcess>
#include <QStringList>

#include <variant>

namespace talkbench::app {

struct CalibrateArguments {
    bench::CalibrationPlan plan;
    bool json = false;
};

/// What stands behind `calibrate`. Where there is nothing to run (--help, a mistake) it has said so and the value is the
/// exit code.
std::variant<CalibrateArguments, int> readCalibrateArguments(const QStringList &arguments);

/// `talkbench calibrate`: a simulator in a process of its own, and a Calibration against it. It takes any RunService:
/// the command makes one of its own, a window would hand over its. Ends the event loop with the exit code.
class CalibrateCommand final : public QObject {
    Q_OBJECT

public:
    CalibrateCommand(run::RunService &runs, const base::Clock &clock, const CalibrateArguments &arguments,
                     QObject *parent = nullptr);
    ~CalibrateCommand() override;

    void start();

private:
    void onSimulatorOutput();
    void onFinished(const bench::CalibrationReport &report);
    void fail(const QString &problem);

    run::RunService &m_runs;
    const base::Clock &m_clock;
    const bench::CalibrationPlan m_plan;
    const bool m_json;
    QProcess m_simulator;
    std::unique_ptr<bench::Calibration> m_calibration;
};

} // namespace talkbench::app
