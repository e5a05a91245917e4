// SPDX-License-Identifier: Apache-2.0
// What Attestation needs of OpenSSL 3 (libcrypto). Variadic functions and function-like macros do not import
// into Swift, so those two are wrapped here.
#ifndef AX_COPENSSL_SHIM_H
#define AX_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/// A new ECDSA key on NIST P-256, or NULL.
static inline EVP_PKEY *ax_generate_p256(void) { return EVP_EC_gen("P-256"); }

/// A new Ed25519 key (RFC 8032), or NULL.
static inline EVP_PKEY *ax_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

#endif
