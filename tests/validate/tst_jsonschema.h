#pragma once

#include <QObject>

/// In a header because Qt 6.4's moc reads no file with such strings as these tests have.
class TestJsonSchema final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fits_data();
    void fits();
    void saysWhere();
    void refuses_data();
    void refuses();
    void endsInTime();
    void slowPatternEnds();
    void manyDoublesAreNotLookedFor();
    void deepAnswersAreRefused();
    void theStackIsEnough();
};
