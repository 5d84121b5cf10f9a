package cn.gridwalk.app

import android.content.Context
import cn.gridwalk.bindings.FieldValue
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.HubRefusal
import cn.gridwalk.bindings.Quarantined
import cn.gridwalk.bindings.dictionary
import cn.gridwalk.bindings.roles
import cn.gridwalk.bindings.visitResults
import java.security.GeneralSecurityException
import java.time.Instant
import java.time.LocalDate
import java.time.Period
import java.time.ZoneId
import java.time.ZonedDateTime
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeParseException
import java.util.Locale

/** What people read for the core's codes, times and errors, in the language of the screen. */
class Words(private val context: Context) {
    private val locale: Locale get() = context.resources.configuration.locales[0]
    private val chinese: Boolean get() = locale.language == Locale.CHINESE.language

    /** A result of a visit. A code of a newer core is shown as it is. */
    fun result(code: String): String = RESULTS[code]?.let { of(it.zh, it.en) } ?: code

    /** A role. */
    fun role(code: String): String = ROLES[code]?.let { of(it.zh, it.en) } ?: code

    /** A state of a household or a resident. */
    fun state(code: String): String = STATES[code]?.let { of(it.zh, it.en) } ?: code

    /** What a field is called. One that this version does not know has its key alone. */
    fun label(field: FieldValue): String = of(field.zh, field.en).ifEmpty { field.key }

    /** A field's value. */
    fun value(field: FieldValue): String = if (chinese || field.textEn.isEmpty()) field.text else field.textEn

    /** What a device of this audience reads. */
    fun reads(audience: String): String {
        val kind = audience.substringBefore(':')
        val code = if (kind == "person") "own" else kind
        return word("reads_$code", context.getString(R.string.reads_other, kind))
    }

    /** What went wrong and what to do. */
    fun error(failure: Throwable): String =
        when (failure) {
            is GridwalkException.Failed -> if (chinese) failure.messageZh else failure.messageEn
            is GeneralSecurityException -> context.getString(R.string.error_key_lost)
            else -> context.getString(R.string.error_unexpected)
        }

    /** Why the hub refused this device, and what to do. */
    fun refusal(refusal: HubRefusal): String = if (chinese) refusal.zh else refusal.en

    /** Why a record was not accepted. */
    fun reason(record: Quarantined): String = if (chinese) record.reasonZh else record.reasonEn

    /** The day and the day of the week: 11月26日 周四. */
    fun day(at: Long): String = format(at, if (chinese) "M月d日 EEE" else "EEE d MMM")

    /** A day without the year: 10月24日. */
    fun date(at: Long): String = format(at, if (chinese) "M月d日" else "d MMM")

    /** The time of day: 08:05. */
    fun time(at: Long): String = format(at, "HH:mm")

    /** A moment as people say it at [now]: 今天 08:05, 昨天 08:05, 10月24日 08:05. */
    fun moment(at: Long, now: Long): String =
        when (days(at, now)) {
            0L -> context.getString(R.string.clock_today, time(at))
            1L -> context.getString(R.string.clock_yesterday, time(at))
            else -> "${date(at)} ${time(at)}"
        }

    /** Days of the calendar from [from] to [to]. */
    fun days(from: Long, to: Long): Long = local(to).toLocalDate().toEpochDay() - local(from).toLocalDate().toEpochDay()

    /** The age at [now] of who was born on [birth] (`YYYY-MM-DD`), or null if that is not known. */
    fun age(birth: String, now: Long): String? =
        try {
            context.getString(R.string.age, Period.between(LocalDate.parse(birth), local(now).toLocalDate()).years)
        } catch (_: DateTimeParseException) {
            null
        }

    // The core names things within sentences; here they stand alone.
    private fun of(zh: String, en: String) = if (chinese) zh else en.replaceFirstChar { it.titlecase(Locale.ENGLISH) }

    private fun format(at: Long, pattern: String) = DateTimeFormatter.ofPattern(pattern, locale).format(local(at))

    // Communities are in China, whatever the phone's zone says.
    private fun local(at: Long): ZonedDateTime = Instant.ofEpochSecond(at).atZone(CHINA)

    private fun word(name: String, otherwise: String): String {
        val id = context.resources.getIdentifier(name, "string", context.packageName)
        return if (id == 0) otherwise else context.getString(id)
    }

    private companion object {
        val CHINA: ZoneId = ZoneId.of("Asia/Shanghai")
        val RESULTS by lazy { visitResults().associateBy { it.code } }
        val ROLES by lazy { roles().associateBy { it.code } }
        val STATES by lazy {
            val households = dictionary().filter { it.kind == "household" }
            val fields = households.flatMap { kind -> kind.entries.flatMap { it.fields } + kind.fields }
            fields.filter { it.key == "state" }.flatMap { it.choices }.associateBy { it.code }
        }
    }
}
