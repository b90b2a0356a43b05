#pragma once

#include <QCryptographicHash>
#include <QFile>
#include <QProcess>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QStandardPaths>
#include <QTemporaryDir>

namespace talkbench::tests {

using namespace Qt::StringLiterals;

/// Certificates made by openssl while a test runs: an authority and servers' ones.
class Certificates final {
public:
    struct Wish {
        QString commonName;
        QString subjectAltName = u"IP:127.0.0.1"_s;
        int days = 2; ///< from now on; negative, and not self-signed: expired
        bool selfSigned = false;
    };

    static bool canBeMade() { return !openssl().isEmpty(); }

    Certificates()
    {
        run(newKey(u"ca"_s) + words(u"-x509 -days 2 -subj /CN=Own-CA -out"_s) + QStringList { authorityFile() });
    }

    QString authorityFile() const { return path(u"ca.pem"_s); }
    QString path(const QString &name) const { return m_dir.filePath(name); }

    /// A server's side, its certificate and key in NAME.pem and NAME.key.
    QSslConfiguration server(const QString &name, const Wish &wish) const
    {
        const QString file = path(name + u".pem"_s);
        const QString request = path(name + u".csr"_s);
        const QString days = QString::number(wish.days);
        const QStringList made = newKey(name) + QStringList { u"-subj"_s,   u"/CN="_s + wish.commonName,
                                                              u"-addext"_s, u"subjectAltName="_s + wish.subjectAltName,
                                                              u"-out"_s,    wish.selfSigned ? file : request };
        if (wish.selfSigned) {
            run(made + QStringList { u"-x509"_s, u"-days"_s, days });
        } else {
            run(made);
            run(words(u"x509 -req -copy_extensions copyall"_s)
                + QStringList { u"-in"_s, request, u"-CA"_s, authorityFile(), u"-CAkey"_s, path(u"ca.key"_s),
                                u"-days"_s, days, u"-out"_s, file });
        }
        QFile key(path(name + u".key"_s));
        if (!key.open(QFile::ReadOnly))
            return {};
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setLocalCertificateChain(QSslCertificate::fromPath(file));
        tls.setPrivateKey(QSslKey(&key, QSsl::Ec));
        return tls;
    }

    /// As base::Route::pin.
    static QByteArray pinOf(const QSslConfiguration &server)
    {
        return server.localCertificate().digest(QCryptographicHash::Sha256).toHex();
    }

private:
    static QString openssl() { return QStandardPaths::findExecutable(u"openssl"_s); }
    static QStringList words(const QString &text) { return text.split(u' '); }
    QStringList newKey(const QString &name) const
    {
        return words(u"req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout"_s)
            + QStringList { path(name + u".key"_s) };
    }
    static void run(const QStringList &arguments)
    {
        QProcess process;
        process.start(openssl(), arguments);
        process.waitForFinished();
        if (process.exitCode() != 0)
            qWarning("%s", process.readAllStandardError().constData());
    }

    QTemporaryDir m_dir;
};

} // namespace talkbench::tests
