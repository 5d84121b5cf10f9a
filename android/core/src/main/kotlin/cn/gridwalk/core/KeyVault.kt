package cn.gridwalk.core

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * The key of the database, wrapped by a key that never leaves Android's keystore. [file] holds the wrapped one: nonce, then ciphertext.
 * All of it touches disk.
 */
class KeyVault(private val file: File) {
    /**
     * Returns the 32 bytes of the database's key, made at the first call.
     *
     * A wrapped key that cannot be read is never replaced: it may be the only way to unsent records.
     */
    fun key(): ByteArray = synchronized(LOCK) { if (file.exists()) unwrap() else make() }

    private fun make(): ByteArray {
        val key = ByteArray(KEY_BYTES).also(SecureRandom()::nextBytes)
        // Android's keystore chooses the nonce and refuses anyone else's.
        val cipher = Cipher.getInstance(CIPHER).apply { init(Cipher.ENCRYPT_MODE, wrapping() ?: makeWrapping()) }
        val wrapped = cipher.doFinal(key)
        val part = File(file.path + ".part")
        FileOutputStream(part).use {
            it.write(cipher.iv)
            it.write(wrapped)
            it.fd.sync()
        }
        if (!part.renameTo(file)) throw IOException("the wrapped key cannot be written")
        return key
    }

    private fun unwrap(): ByteArray {
        val bytes = file.readBytes()
        if (bytes.size <= NONCE_BYTES) throw GeneralSecurityException("the wrapped key is cut short")
        val wrapping = wrapping() ?: throw GeneralSecurityException("the keystore no longer has the key $ALIAS")
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, wrapping, GCMParameterSpec(TAG_BITS, bytes, 0, NONCE_BYTES))
        return cipher.doFinal(bytes, NONCE_BYTES, bytes.size - NONCE_BYTES)
    }

    private fun wrapping(): SecretKey? = KeyStore.getInstance(PROVIDER).apply { load(null) }.getKey(ALIAS, null) as SecretKey?

    private fun makeWrapping(): SecretKey {
        val spec =
            KeyGenParameterSpec.Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(WRAPPING_BITS)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }

    private companion object {
        /** Two openings at once must not make two keys. */
        val LOCK = Any()
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "gridwalk.store"
        const val CIPHER = "AES/GCM/NoPadding"
        const val KEY_BYTES = 32
        const val NONCE_BYTES = 12
        const val TAG_BITS = 128
        const val WRAPPING_BITS = 256
    }
}
