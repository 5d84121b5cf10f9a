package cn.gridwalk.core

import android.os.StrictMode
import cn.gridwalk.bindings.DoorGroup
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.DraftView
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.HostClock
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Id
import cn.gridwalk.bindings.Listener
import cn.gridwalk.bindings.Outcome
import cn.gridwalk.bindings.Phone
import cn.gridwalk.bindings.PhoneInterface
import cn.gridwalk.bindings.ProgressListener
import cn.gridwalk.bindings.RecordView
import cn.gridwalk.bindings.RecordVisit
import cn.gridwalk.bindings.Status
import cn.gridwalk.bindings.SyncProgress
import cn.gridwalk.bindings.SyncReport
import cn.gridwalk.bindings.VisitView
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.json.JSONObject
import java.io.File

/** The core in Rust, through the generated bindings. */
class RustGridwalk private constructor(private val phone: PhoneInterface) : Gridwalk {
    override fun listen(heard: (Set<String>) -> Unit): AutoCloseable {
        val subscription =
            phone.listen(
                object : Listener {
                    override fun changed(tables: List<String>) = heard(tables.toSet())
                },
            )
        return AutoCloseable { subscription.cancel() }
    }

    override suspend fun enrol(link: String) = offMain("enrol") { phone.enrol(link) }

    override suspend fun status(): Status = offMain("status") { phone.status() }

    override suspend fun now(): Long = offMain("now") { phone.now() }

    override suspend fun todayGroups(order: DoorOrder): List<DoorGroup> = offMain("today_groups") { phone.todayGroups(null, order) }

    override suspend fun nextDoor(after: Id): DueView? = offMain("next_door") { phone.nextDoor(after) }

    override suspend fun household(id: Id): HouseholdView = offMain("household") { phone.household(id) }

    override suspend fun record(id: Id): RecordView = offMain("record") { phone.record(id) }

    override suspend fun visitsOf(household: Id, limit: Int): List<VisitView> =
        offMain("visits_of") { phone.visitsOf(household, limit.toUInt()) }

    override suspend fun nameOf(id: Id): String? =
        offMain("export_json") {
            try {
                JSONObject(phone.exportJson(id)).getJSONObject("state").optString("name").ifEmpty { null }
            } catch (e: GridwalkException.Failed) {
                if (e.kind == ErrorKind.NOT_FOUND) null else throw e
            }
        }

    override suspend fun newCommandId(): Id = offMain("new_command_id") { phone.newCommandId() }

    override suspend fun saveDraft(form: String, about: Id, commandId: Id, body: String) =
        offMain("save_draft") { phone.saveDraft(form, about, commandId, body) }

    override suspend fun draft(form: String, about: Id): DraftView? = offMain("draft") { phone.draft(form, about) }

    override suspend fun dropDraft(form: String, about: Id) = offMain("drop_draft") { phone.dropDraft(form, about) }

    override suspend fun recordVisit(visit: RecordVisit, commandId: Id): Outcome =
        offMain("record_visit") { phone.recordVisit(visit, commandId) }

    override suspend fun resubmit(command: Id): Outcome = offMain("resubmit") { phone.resubmit(command) }

    override suspend fun sync(progress: (SyncProgress) -> Unit): SyncReport = offMain("sync") { phone.sync(Heard(progress)) }

    private class Heard(private val heard: (SyncProgress) -> Unit) : ProgressListener {
        override fun progress(progress: SyncProgress) = heard(progress)
    }

    companion object {
        /** Opens the store in [folder], or makes it, with the key that [key] returns. */
        suspend fun open(folder: File, clock: HostClock, key: () -> ByteArray): Gridwalk =
            offMain("open") { RustGridwalk(Phone.open(folder.path, key(), clock)) }
    }
}

/**
 * Calls the core on a thread for such work: uniffi polls a call on the thread that awaits it. Each call reports itself there, so that
 * StrictMode, which sees neither Rust nor file IO, tells of one that is ever made on the main thread.
 */
private suspend fun <T> offMain(call: String, work: suspend () -> T): T =
    withContext(Dispatchers.IO) {
        StrictMode.noteSlowCall("gridwalk.$call")
        work()
    }
