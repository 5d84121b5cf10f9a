package cn.gridwalk.app

import android.content.Context
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File

/** Whether the person has agreed to the privacy notice. Before that nothing of the device or the store is read. */
class Consent(private val context: Context) {
    // The notice that was agreed to: another text asks again.
    private val file by lazy { File(context.noBackupFilesDir, "consent-1") }

    /** Returns whether it was given. */
    suspend fun given(): Boolean = withContext(Dispatchers.IO) { file.exists() }

    /** Keeps that it was given. */
    suspend fun give() {
        withContext(Dispatchers.IO) { file.createNewFile() }
    }
}
