package cn.gridwalk.core

import cn.gridwalk.bindings.DoorGroup
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.DraftView
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Id
import cn.gridwalk.bindings.Outcome
import cn.gridwalk.bindings.RecordView
import cn.gridwalk.bindings.RecordVisit
import cn.gridwalk.bindings.Status
import cn.gridwalk.bindings.SyncProgress
import cn.gridwalk.bindings.SyncReport
import cn.gridwalk.bindings.VisitView
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.map

/**
 * What screens ask of the phone's core: the generated interface, method by method, as far as screens use it. Every call may be made
 * from the main thread and never holds it up; what fails throws a [cn.gridwalk.bindings.GridwalkException], whose messages are for
 * the screen.
 */
interface Gridwalk {
    /** Hears, after each commit, which tables changed, on a thread of the core's, until it is closed. */
    fun listen(heard: (Set<String>) -> Unit): AutoCloseable

    /** Joins the community of an enrolment link. A link works once, so a call that is cancelled is finished all the same. */
    suspend fun enrol(link: String)

    /** Returns where the phone stands. */
    suspend fun status(): Status

    /** Returns the time to show and to compare with, in seconds since the Unix epoch (UTC). */
    suspend fun now(): Long

    /** Returns the doors that are due, by stairway. */
    suspend fun todayGroups(order: DoorOrder): List<DoorGroup>

    /** Returns the door to go to after this one, or null if no other is due. */
    suspend fun nextDoor(after: Id): DueView?

    /** Returns a household with its residents. */
    suspend fun household(id: Id): HouseholdView

    /** Returns a record of any kind: whether something of it is unsent or in conflict. */
    suspend fun record(id: Id): RecordView

    /** Returns the visits to a household, newest first. */
    suspend fun visitsOf(household: Id, limit: Int): List<VisitView>

    /** Returns the name of a place or person, or null where its document is not on this phone. */
    suspend fun nameOf(id: Id): String?

    /** Makes the id of a command when its form is opened: whatever happens to the form, it is recorded once. */
    suspend fun newCommandId(): Id

    /** Keeps what is filled in so far of a form about a record, as JSON; it is gone when [commandId] is recorded. */
    suspend fun saveDraft(form: String, about: Id, commandId: Id, body: String)

    /** Returns the draft of a form about a record, or null if there is none. */
    suspend fun draft(form: String, about: Id): DraftView?

    /** Drops a draft; there need not be one. */
    suspend fun dropDraft(form: String, about: Id)

    /** Records a visit. */
    suspend fun recordVisit(visit: RecordVisit, commandId: Id): Outcome

    /** Runs a refused command again, as a new one of now. */
    suspend fun resubmit(command: Id): Outcome

    /** Syncs with the hub. [progress] hears of each answer, on a thread of the core's. Cancelled, it goes on from there next time. */
    suspend fun sync(progress: (SyncProgress) -> Unit = {}): SyncReport
}

/** Reads now, and again after each change of one of these tables, or of any if none is named. Changes that come while it reads are answered by one more reading. */
fun <T> Gridwalk.watch(vararg tables: String, read: suspend Gridwalk.() -> T): Flow<T> =
    callbackFlow {
        // It listens before it reads for the first time: no change falls between.
        val listening = listen { changed -> if (tables.isEmpty() || tables.any(changed::contains)) trySend(Unit) }
        trySend(Unit)
        awaitClose(listening::close)
    }.conflate().map { read() }
