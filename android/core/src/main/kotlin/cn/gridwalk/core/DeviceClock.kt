package cn.gridwalk.core

import android.content.ContentResolver
import android.os.SystemClock
import android.provider.Settings
import cn.gridwalk.bindings.HostClock
import cn.gridwalk.bindings.Reading

/** The device's clocks: the wall's, which people set, and the one since boot, which they cannot. */
class DeviceClock(private val resolver: ContentResolver) : HostClock {
    override fun read(): Reading {
        val boot = Settings.Global.getInt(resolver, Settings.Global.BOOT_COUNT, 0)
        return Reading(System.currentTimeMillis() / MILLIS, "boot-$boot", SystemClock.elapsedRealtime() / MILLIS)
    }

    private companion object {
        const val MILLIS = 1000L
    }
}
