package cn.gridwalk.core.fake

import cn.gridwalk.bindings.CarriedStatus
import cn.gridwalk.bindings.DoorGroup
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.DraftView
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Id
import cn.gridwalk.bindings.Outcome
import cn.gridwalk.bindings.Quarantined
import cn.gridwalk.bindings.RecordView
import cn.gridwalk.bindings.RecordVisit
import cn.gridwalk.bindings.Status
import cn.gridwalk.bindings.SyncProgress
import cn.gridwalk.bindings.SyncReport
import cn.gridwalk.bindings.TenantStatus
import cn.gridwalk.bindings.Urgency
import cn.gridwalk.bindings.VisitView
import cn.gridwalk.core.Gridwalk
import java.util.concurrent.CopyOnWriteArraySet

/**
 * A phone without Rust, disk or hub, for tests of screens: it holds what it is told, records visits under their command's id, and fails
 * when it is told to.
 */
class FakeGridwalk(
    var now: Long,
    var tenants: List<TenantStatus> = emptyList(),
    var due: List<DueView> = emptyList(),
    var households: Map<Id, HouseholdView> = emptyMap(),
    var names: Map<Id, String> = emptyMap(),
    var conflicts: Set<Id> = emptySet(),
    var quarantine: List<Quarantined> = emptyList(),
) : Gridwalk {
    /** What was recorded, by the command's id. */
    val recorded = LinkedHashMap<Id, RecordVisit>()

    /** Forms that were left open, by form and record. */
    val drafts = LinkedHashMap<Pair<String, Id>, DraftView>()

    /** What the next calls throw, if anything. */
    var failure: GridwalkException? = null

    private val listeners = CopyOnWriteArraySet<(Set<String>) -> Unit>()
    private var ids = 0

    /** Tells the listeners that these tables changed. */
    fun change(vararg tables: String) = listeners.forEach { it(tables.toSet()) }

    override fun listen(heard: (Set<String>) -> Unit): AutoCloseable {
        listeners += heard
        return AutoCloseable { listeners -= heard }
    }

    override suspend fun enrol(link: String) = told { }

    override suspend fun status(): Status =
        told {
            val unsent = recorded.size.toULong()
            val carried = CarriedStatus(0uL, 0uL, 0uL, null)
            Status("device", tenants, DICTIONARY, households.size.toULong(), 0uL, unsent, 0uL, 0uL, 0uL, false, quarantine, carried)
        }

    override suspend fun now(): Long = told { now }

    override suspend fun todayGroups(order: DoorOrder): List<DoorGroup> =
        told {
            val groups = due.groupBy { it.building to it.stairway }.map { (door, doors) ->
                val (building, stairway) = door
                val overdue = doors.count { it.urgency == Urgency.OVERDUE }.toLong()
                DoorGroup(building + stairway, building, stairway, doors.size.toLong(), overdue, null, doors)
            }
            if (order == DoorOrder.URGENCY) groups.sortedByDescending { it.overdue } else groups
        }

    override suspend fun nextDoor(after: Id): DueView? =
        told {
            val visited = recorded.values.map { it.household } + after
            due.dropWhile { it.household != after }.plus(due).firstOrNull { it.household !in visited }
        }

    override suspend fun household(id: Id): HouseholdView =
        told { households[id] ?: throw failed(ErrorKind.NOT_FOUND, "没有这一户", "no such household") }

    override suspend fun record(id: Id): RecordView =
        told { RecordView(id, "", "", "", 0, emptyList(), emptyList(), named = emptyList(), unsent = id in recorded, conflict = id in conflicts) }

    override suspend fun visitsOf(household: Id, limit: Int): List<VisitView> =
        told {
            recorded.filterValues { it.household == household }.map { (id, visit) ->
                VisitView(id, "me", "", now, now, false, false, false, visit.result.name.lowercase(), visit.purpose, visit.note, emptyList(), unsent = true, conflict = false)
            }.take(limit)
        }

    override suspend fun nameOf(id: Id): String? = told { names[id] }

    override suspend fun newCommandId(): Id = told { "command-${++ids}" }

    override suspend fun saveDraft(form: String, about: Id, commandId: Id, body: String) =
        told<Unit> { drafts[form to about] = DraftView(form, about, commandId, body, now, emptyList()) }

    override suspend fun draft(form: String, about: Id): DraftView? = told { drafts[form to about] }

    override suspend fun dropDraft(form: String, about: Id) = told<Unit> { drafts.remove(form to about) }

    override suspend fun recordVisit(visit: RecordVisit, commandId: Id): Outcome =
        told {
            drafts.values.removeAll { it.command == commandId }
            val changed = if (recorded.put(commandId, visit) == null) listOf("visits", "due") else emptyList()
            change(*changed.toTypedArray())
            Outcome(commandId, commandId, changed)
        }

    override suspend fun resubmit(command: Id): Outcome = told { Outcome(command, command, emptyList()) }

    override suspend fun sync(progress: (SyncProgress) -> Unit): SyncReport =
        told {
            val sent = recorded.size.toULong()
            recorded.clear()
            change("unsent")
            SyncReport(1u, sent, 0uL, 0uL, 0uL, 0uL, 0uL, 0uL, 0uL, 0uL)
        }

    private fun <T> told(answer: () -> T): T = failure?.let { throw it } ?: answer()

    companion object {
        const val DICTIONARY = 1u

        /** Makes the failure of a call. */
        fun failed(kind: ErrorKind, zh: String, en: String): GridwalkException = GridwalkException.Failed(kind, kind.name.lowercase(), zh, en, null)
    }
}
