package cn.gridwalk.core

import cn.gridwalk.testing.FakeKeyStore
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.File
import java.security.GeneralSecurityException

@RunWith(RobolectricTestRunner::class)
class KeyVaultTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val file get() = File(folder.root, "store.key")

    @Before
    fun keystore() = FakeKeyStore.install()

    @Test
    fun `a key is made once and found again`() {
        val key = KeyVault(file).key()
        assertEquals(32, key.size)
        assertArrayEquals(key, KeyVault(file).key())
        assertFalse("the file holds the key itself", file.readBytes().toList().windowed(key.size).contains(key.toList()))
    }

    @Test
    fun `two stores have two keys`() {
        val other = File(folder.root, "other.key")
        assertFalse(KeyVault(file).key().contentEquals(KeyVault(other).key()))
    }

    @Test
    fun `a key that the keystore lost is not replaced`() {
        KeyVault(file).key()
        val wrapped = file.readBytes()
        FakeKeyStore.forget()
        assertThrows(GeneralSecurityException::class.java) { KeyVault(file).key() }
        assertArrayEquals(wrapped, file.readBytes())
    }

    @Test
    fun `a wrapped key that was changed or cut is refused and kept`() {
        KeyVault(file).key()
        val wrapped = file.readBytes()
        val changed = wrapped.clone().also { it[20] = (it[20] + 1).toByte() }
        for (bad in listOf(changed, wrapped.copyOf(7), wrapped.copyOf(12), ByteArray(0))) {
            file.writeBytes(bad)
            assertThrows(GeneralSecurityException::class.java) { KeyVault(file).key() }
            assertArrayEquals(bad, file.readBytes())
        }
    }

    @Test
    fun `a key that was not written whole is made anew`() {
        File(file.path + ".part").writeBytes(ByteArray(5))
        assertArrayEquals(KeyVault(file).key(), KeyVault(file).key())
    }
}
