package cn.gridwalk.app

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import kotlinx.coroutines.Job
import java.util.concurrent.TimeUnit

/** Sync in the background: soon after something was recorded, and now and then; both wait for a network. */
class SyncJob : JobService() {
    private var job: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        job =
            session.launch {
                // Without consent there is nothing to send, and nothing may be read.
                if (!session.consent.given()) return@launch jobFinished(parameters, false)
                session.sync().join()
                // Tried again, each time after twice as long.
                jobFinished(parameters, session.syncing.value is Syncing.Failed)
            }
        return true
    }

    override fun onStopJob(parameters: JobParameters): Boolean {
        job?.cancel()
        return true
    }

    companion object {
        private const val SOON = 1
        private const val NOW_AND_THEN = 2
        private val BACKOFF = TimeUnit.SECONDS.toMillis(30)
        private val PERIOD = TimeUnit.HOURS.toMillis(4)

        /** As soon as there is a network. */
        fun soon(context: Context) {
            val job = builder(context, SOON).setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
            scheduler(context).schedule(job.setBackoffCriteria(BACKOFF, JobInfo.BACKOFF_POLICY_EXPONENTIAL).build())
        }

        /** Every few hours, while the battery is not low. Asked for again, it keeps its rhythm. */
        fun nowAndThen(context: Context) {
            val scheduler = scheduler(context)
            if (scheduler.getPendingJob(NOW_AND_THEN) != null) return
            val job = builder(context, NOW_AND_THEN).setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
            scheduler.schedule(job.setRequiresBatteryNotLow(true).setPeriodic(PERIOD).build())
        }

        private fun builder(context: Context, id: Int) =
            JobInfo.Builder(id, ComponentName(context, SyncJob::class.java)).setPersisted(true)

        private fun scheduler(context: Context) = context.getSystemService(JobScheduler::class.java)
    }
}
