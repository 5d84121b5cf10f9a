package cn.gridwalk.app

import android.app.Application
import android.content.Context
import android.net.ConnectivityManager
import cn.gridwalk.core.DeviceClock
import cn.gridwalk.core.Gridwalk
import cn.gridwalk.core.KeyVault
import cn.gridwalk.core.RustGridwalk
import cn.gridwalk.core.online
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File

/** The process: it holds the one [Session]. */
class GridwalkApp : Application() {
    /** Tests put their own in its place. */
    var session: Session = Session(Consent(this), { openOnDevice() }) { getSystemService(ConnectivityManager::class.java).online() }

    private suspend fun openOnDevice(): Gridwalk =
        withContext(Dispatchers.IO) {
            // Neither backed up nor moved to another phone.
            val folder = noBackupFilesDir
            RustGridwalk.open(File(folder, "store"), DeviceClock(contentResolver), KeyVault(File(folder, "store.key"))::key)
        }
}

/** The session of the process that this belongs to. */
val Context.session: Session get() = (applicationContext as GridwalkApp).session
