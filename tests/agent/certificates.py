"""A certificate authority for the live tests, in the folder of a test."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

YEAR = datetime.timedelta(days=365)


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                             serialization.NoEncryption()).decode()


class Authority:
    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self.builder(self.name, self.key).add_extension(basic, critical=True).sign(self.key, hashes.SHA256())
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.path = os.path.join(folder, "authority.pem")
        with open(self.path, "w") as f:
            f.write(self.pem)

    def builder(self, name, key):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - YEAR).not_valid_after(now + YEAR))

    def issue(self, *addresses):
        """certificate and key for these addresses, as an order has them"""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(a)) for a in addresses])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
        certificate = self.builder(name, key).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        return {"certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(), "key": pem(key)}
