package cn.gridwalk.app

import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.SyncProgress
import cn.gridwalk.bindings.SyncReport
import cn.gridwalk.core.Gridwalk
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** How the sync stands that was begun last. */
sealed class Syncing {
    /** None has run since the process began. */
    object Idle : Syncing()

    /** It runs; [progress] is null until the hub has answered once. */
    class Running(val progress: SyncProgress?) : Syncing()

    /** It ended well. */
    class Done(val report: SyncReport) : Syncing()

    /** It ended with [failure]; nothing is lost, the next one goes on from there. */
    class Failed(val failure: Throwable) : Syncing() {
        /** Whether it only lacked a network. */
        val offline: Boolean get() = failure is GridwalkException.Failed && failure.kind == ErrorKind.OFFLINE
    }
}

/** What lives as long as the process: the phone once it is open, the sync under way, and what the next screen is to say. */
class Session(val consent: Consent, private val open: suspend () -> Gridwalk, private val connectivity: () -> Flow<Boolean>) {
    private val scope = CoroutineScope(SupervisorJob() + Main)
    private val opening = Mutex()
    private var opened: Gridwalk? = null
    private val state = MutableStateFlow<Syncing>(Syncing.Idle)
    private var running: Job? = null

    /** How the last sync stands. */
    val syncing: StateFlow<Syncing> get() = state

    /** Whether there is a network, now and at each change. */
    val online: Flow<Boolean> by lazy { connectivity() }

    /** The enrolment under way or just ended, until a screen has dealt with it. It outlives the screen that began it. */
    var enrolling: Deferred<Unit>? = null
        private set

    /** What the next screen that appears says once, as a string resource. */
    var message: Int? = null

    /** The purpose of the visit recorded last, which the next form begins with. */
    var lastPurpose = 0

    /** Returns the phone, opened at the first call. A failure is the caller's to show; the next call tries again. */
    suspend fun phone(): Gridwalk = opening.withLock { opened ?: open().also { opened = it } }

    /** Joins the community of [link], unless one is being joined already. */
    fun enrol(link: String): Deferred<Unit> = enrolling ?: scope.async { phone().enrol(link) }.also { enrolling = it }

    /** A screen has dealt with how the enrolment ended. */
    fun enrolled() {
        enrolling = null
    }

    /** Syncs, unless a sync is under way already. It outlives the screen that began it. */
    fun sync(): Job {
        running?.takeIf { it.isActive }?.let { return it }
        return scope.launch {
            state.value = Syncing.Running(null)
            state.value =
                try {
                    Syncing.Done(phone().sync { state.value = Syncing.Running(it) })
                } catch (e: GridwalkException) {
                    Syncing.Failed(e)
                }
        }.also { running = it }
    }

    /** Does [work] to its end, whatever becomes of the screen. */
    fun launch(work: suspend () -> Unit): Job = scope.launch { work() }
}
