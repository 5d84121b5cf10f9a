package cn.gridwalk.app.design

import android.content.Context
import android.content.res.ColorStateList
import android.graphics.Typeface
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.LinearLayout
import android.widget.TextView
import cn.gridwalk.app.R

// The measures of the design: colours, a grid of 4 dp, five sizes of text in two weights.

/** A length of the grid in pixels. */
fun Context.dp(value: Int): Int = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_DIP, value.toFloat(), resources.displayMetrics).toInt()

/** A panel with round corners. */
fun Context.panel(fill: Int, radius: Int = R.dimen.card_radius, edge: Int? = null): GradientDrawable =
    GradientDrawable().apply {
        setColor(getColor(fill))
        cornerRadius = resources.getDimension(radius)
        edge?.let { setStroke(dp(1), getColor(it)) }
    }

/** What shows that a touch is felt, over [under]. */
fun Context.touchable(under: Drawable?, mask: Drawable? = under): Drawable =
    RippleDrawable(ColorStateList.valueOf(getColor(R.color.pressed)), under, mask ?: GradientDrawable().apply { setColor(-1) })

/** An icon of the set in the colour [tint]. */
fun Context.icon(id: Int, tint: Int, size: Int = 24): Drawable =
    getDrawable(id)!!.mutate().apply {
        setTint(getColor(tint))
        setBounds(0, 0, dp(size), dp(size))
    }

/** A text. */
fun Context.text(value: CharSequence, size: Int = R.dimen.text_body, colour: Int = R.color.ink, medium: Boolean = false): TextView =
    TextView(this).apply {
        text = value
        setTextSize(TypedValue.COMPLEX_UNIT_PX, resources.getDimension(size))
        setTextColor(getColor(colour))
        // Chinese characters bring air of their own.
        setLineSpacing(0f, if (value.isEmpty() || value.any { it >= FIRST_CJK }) 1f else LATIN_LINE)
        includeFontPadding = false
        if (medium) typeface = MEDIUM
    }

/** A title of a group of rows, outside its card. */
fun Context.heading(value: CharSequence): TextView =
    text(value, R.dimen.text_second, R.color.ink2, medium = true).apply {
        gravity = Gravity.BOTTOM
        minHeight = dp(48)
        setPadding(0, dp(16), 0, dp(8))
        if (android.os.Build.VERSION.SDK_INT >= android.os.Build.VERSION_CODES.P) isAccessibilityHeading = true
    }

/** Views from top to bottom. */
fun Context.column(vararg children: View?): LinearLayout = line(LinearLayout.VERTICAL, children)

/** Views side by side, on one middle line. */
fun Context.row(vararg children: View?): LinearLayout = line(LinearLayout.HORIZONTAL, children).apply { gravity = Gravity.CENTER_VERTICAL }

private fun Context.line(direction: Int, children: Array<out View?>) =
    LinearLayout(this).apply {
        orientation = direction
        children.filterNotNull().forEach(::addView)
    }

/** Rows in one rounded panel, with lines between them. */
fun Context.card(vararg rows: View?): LinearLayout =
    column().apply {
        background = panel(R.color.card)
        clipToOutline = true
        rows.filterNotNull().forEachIndexed { at, row ->
            if (at > 0) addView(hairline(), wide(1).apply { marginStart = dp(16) })
            addView(row, wide())
        }
    }

/** A line between rows. */
fun Context.hairline(): View = View(this).apply { setBackgroundColor(getColor(R.color.hairline)) }

/** As wide as the parent; [height] in pixels. */
fun wide(height: Int = ViewGroup.LayoutParams.WRAP_CONTENT) = LinearLayout.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, height)

/** What is left of a row. */
fun rest(height: Int = ViewGroup.LayoutParams.WRAP_CONTENT) = LinearLayout.LayoutParams(0, height, 1f)

/** A thin bar at the edge that says where one is, over nothing. */
fun <V : View> V.thinlyScrolled(): V =
    apply {
        scrollBarStyle = View.SCROLLBARS_OUTSIDE_OVERLAY
        scrollBarSize = context.dp(2)
    }

/** What is left of a column. */
fun restDown() = LinearLayout.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, 0, 1f)

/** As large as it needs to be, with margins in dp. */
fun Context.loose(start: Int = 0, top: Int = 0, end: Int = 0, bottom: Int = 0) =
    LinearLayout.LayoutParams(ViewGroup.LayoutParams.WRAP_CONTENT, ViewGroup.LayoutParams.WRAP_CONTENT).apply {
        setMargins(dp(start), dp(top), dp(end), dp(bottom))
    }

/** Padding in dp. */
fun <V : View> V.padded(horizontal: Int, vertical: Int): V =
    apply { setPadding(context.dp(horizontal), context.dp(vertical), context.dp(horizontal), context.dp(vertical)) }

private const val LATIN_LINE = 1.2f
private const val FIRST_CJK = '\u2E80'
internal val MEDIUM: Typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)
