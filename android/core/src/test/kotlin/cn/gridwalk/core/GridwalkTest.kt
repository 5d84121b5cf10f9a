package cn.gridwalk.core

import android.os.StrictMode
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.HostClock
import cn.gridwalk.bindings.Reading
import cn.gridwalk.core.fake.FakeGridwalk
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assert.fail
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class GridwalkTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val clock = object : HostClock {
        override fun read() = Reading(1_772_411_400, "boot-1", 60)
    }
    private val key = ByteArray(32) { it.toByte() }

    private suspend fun open() = RustGridwalk.open(folder.root, clock) { key }

    @Test
    fun `a new phone is in no community and says so`() = runBlocking {
        val phone = open()
        assertTrue(phone.status().tenants.isEmpty())
        assertEquals(1_772_411_400, phone.now())
        val failure = failureOf { phone.enrol("gridwalk://enrol?nothing") }
        assertEquals(ErrorKind.INVALID, failure.kind)
        assertTrue(failure.messageZh.isNotEmpty() && failure.messageEn.isNotEmpty())
    }

    @Test
    fun `another key is told from damage`() = runBlocking {
        open().status()
        val failure = failureOf { RustGridwalk.open(folder.root, clock) { ByteArray(32) } }
        assertEquals(ErrorKind.WRONG_KEY, failure.kind)
    }

    @Test
    fun `no call works on the thread that asks, and each reports itself to StrictMode`() = runBlocking {
        val before = StrictMode.getThreadPolicy()
        StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.Builder().detectCustomSlowCalls().penaltyDeath().build())
        try {
            val phone = open()
            phone.status()
            phone.now()
            failureOf { phone.todayGroups(DoorOrder.WAY) }
            phone.newCommandId()
            // The policy is in force: the same report from here would have ended it.
            try {
                StrictMode.noteSlowCall("here")
                fail("StrictMode does not watch this thread")
            } catch (_: RuntimeException) {
                Unit
            }
        } finally {
            StrictMode.setThreadPolicy(before)
        }
    }

    @Test
    fun `a reading is repeated when one of its tables changed, and only then`() = runBlocking {
        val phone = FakeGridwalk(now = 1)
        val seen = Channel<Long>(Channel.UNLIMITED)
        val watching = launch(Dispatchers.Default) { phone.watch("visits") { now() }.collect(seen::send) }
        withTimeout(5_000) {
            assertEquals(1L, seen.receive())
            phone.now = 2
            phone.change("reports")
            phone.now = 3
            phone.change("visits", "due")
            assertEquals(3L, seen.receive())
        }
        watching.cancel()
        watching.join()
        phone.change("visits")
        delay(20)
        assertTrue("who no longer watches hears nothing", seen.tryReceive().isFailure)
    }

    private suspend fun failureOf(call: suspend () -> Any): GridwalkException.Failed {
        try {
            call()
        } catch (e: GridwalkException.Failed) {
            return e
        }
        throw AssertionError("it did not fail")
    }
}
