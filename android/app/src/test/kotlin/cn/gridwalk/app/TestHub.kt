package cn.gridwalk.app

import java.io.Closeable
import java.io.File
import java.util.concurrent.TimeUnit

/** A hub: the program `gridwalk-hub` as a process of its own, on this machine alone, with a small community. */
class TestHub(private val folder: File) : Closeable {
    private var serving: Process? = null

    /** Where phones reach it, while it serves. */
    lateinit var address: String
        private set

    /** The hub's clock begins here at each start, `YYYY-MM-DD HH:MM:SS` in China; the machine's own if null. */
    var clock: String? = null

    /** Makes the community, with these households (JSON lines). */
    fun found(households: List<String>) {
        run("init", "--tenant", "wuyan", "--name", "五堰社区")
        val file = File(folder, "households.jsonl").apply { writeText(households.joinToString("\n", postfix = "\n")) }
        run("import", file.path)
    }

    /** Begins to serve, on a free port. */
    fun serve() {
        val process = program("serve", "--listen", "127.0.0.1:0").redirectError(File(folder, "serve.log")).start()
        serving = process
        // A hub that does not come up ends its output, or is ended.
        val watch = Thread { if (!process.waitFor(BOUND, TimeUnit.MINUTES)) process.destroyForcibly() }.apply { isDaemon = true }
        watch.start()
        address = process.inputStream.bufferedReader().readLine() ?: error("no hub: ${File(folder, "serve.log").readText()}")
    }

    /** Returns an enrolment link. */
    fun invite(role: String, name: String, grid: String? = null): String {
        val where = grid?.let { arrayOf("--grid", it) } ?: emptyArray()
        return run("invite", "--address", address, "--role", role, "--name", name, *where).trim()
    }

    /** Ends the process that serves, gracefully if it can. */
    fun stop() {
        val process = serving ?: return
        serving = null
        process.destroy()
        if (!process.waitFor(GRACE, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    override fun close() = stop()

    private fun run(vararg arguments: String): String {
        val process = program(*arguments).redirectErrorStream(false).redirectError(File(folder, "${arguments[0]}.log")).start()
        val said = process.inputStream.bufferedReader().readText()
        check(process.waitFor(GRACE, TimeUnit.SECONDS) && process.exitValue() == 0) { "gridwalk-hub ${arguments[0]}: $said" }
        return said
    }

    private fun program(vararg arguments: String): ProcessBuilder {
        val program = ProcessBuilder(System.getProperty("gridwalk.hub"), *arguments)
        program.environment()["GRIDWALK_HUB_DATA"] = File(folder, "hub").path
        program.environment()["TZ"] = "Asia/Shanghai"
        clock?.let {
            // Debian's faketime; its wrapper would be a process between us and the hub.
            program.environment()["LD_PRELOAD"] = "/usr/\$LIB/faketime/libfaketime.so.1"
            program.environment()["FAKETIME"] = "@$it"
            program.environment()["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
            program.environment()["NO_FAKE_STAT"] = "1"
        }
        return program
    }

    companion object {
        private const val GRACE = 30L
        private const val BOUND = 5L

        /** A household of the import, in 一网格. */
        fun household(number: Int, address: String, name: String, birth: String, vararg tags: String, every: Int? = null, more: String = ""): String {
            val marks = tags.joinToString(",") { "\"$it\"" }
            val rhythm = every?.let { ""","visit_every_days":$it""" }.orEmpty()
            val head = """{"id":"h$number-0","name":"$name","birth":"$birth","relation":"户主","phone":"1990000${1000 + number}","tags":[$marks]}"""
            return """{"id":"h$number","grid":"一网格","address":"$address","tenure":"自有"$rhythm,"residents":[$head$more]}"""
        }
    }
}
