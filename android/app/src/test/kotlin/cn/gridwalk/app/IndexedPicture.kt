package cn.gridwalk.app

import android.graphics.Bitmap
import java.awt.image.BufferedImage
import java.awt.image.IndexColorModel
import java.io.ByteArrayOutputStream
import java.io.File
import javax.imageio.IIOImage
import javax.imageio.ImageIO
import javax.imageio.ImageWriteParam
import kotlin.math.abs

/** A picture of few colours: the most frequent ones of a screen, and for every other the nearest of them. Small as a PNG. */
class IndexedPicture private constructor(val width: Int, val height: Int, private val pixels: IntArray) {
    /** Returns the share of pixels that differ visibly from [other]; all of them if the sizes do. */
    fun differs(other: IndexedPicture): Double {
        if (width != other.width || height != other.height) return 1.0
        return pixels.indices.count { far(pixels[it], other.pixels[it]) }.toDouble() / pixels.size
    }

    private fun far(a: Int, b: Int) = (0..16 step 8).any { abs((a shr it and 255) - (b shr it and 255)) > NEAR }

    /** Returns the picture as a PNG file. */
    fun png(): ByteArray {
        val palette = pixels.distinct()
        val parts = (16 downTo 0 step 8).map { shift -> ByteArray(palette.size) { (palette[it] shr shift).toByte() } }
        val image = BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, IndexColorModel(8, palette.size, parts[0], parts[1], parts[2]))
        val index = palette.withIndex().associate { it.value to it.index }
        image.raster.setSamples(0, 0, width, height, 0, IntArray(pixels.size) { index.getValue(pixels[it]) })
        val out = ByteArrayOutputStream()
        val writer = ImageIO.getImageWritersByFormatName("png").next()
        ImageIO.createImageOutputStream(out).use {
            writer.output = it
            val smallest = writer.defaultWriteParam.apply { compressionMode = ImageWriteParam.MODE_EXPLICIT; compressionQuality = 0f }
            writer.write(null, IIOImage(image, null, null), smallest)
        }
        writer.dispose()
        return out.toByteArray()
    }

    companion object {
        private val COLOURS = listOf(64, 40, 24, 16)
        private const val RGB = 0xffffff

        /** What rounding to the palette, and an edge drawn a little softer, may change a channel by. */
        private const val NEAR = 24

        /** Reads a PNG file. */
        fun read(file: File): IndexedPicture {
            val image = ImageIO.read(file)
            return IndexedPicture(image.width, image.height, image.getRGB(0, 0, image.width, image.height, null, 0, image.width).map { it and RGB }.toIntArray())
        }

        /** Makes one of what was drawn, with as many colours as fit into a file of [largest] bytes. */
        fun of(bitmap: Bitmap, largest: Int): IndexedPicture =
            COLOURS.asSequence().map { quantised(bitmap, it) }.firstOrNull { it.png().size <= largest } ?: quantised(bitmap, COLOURS.last())

        private fun quantised(bitmap: Bitmap, colours: Int): IndexedPicture {
            val all = IntArray(bitmap.width * bitmap.height)
            bitmap.getPixels(all, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
            val counts = HashMap<Int, Int>()
            all.forEach { counts.merge(it and RGB, 1, Int::plus) }
            val palette = counts.entries.sortedWith(compareBy({ -it.value }, { it.key })).take(colours).map { it.key }
            val nearest = counts.keys.associateWith { colour -> palette.minByOrNull { distance(it, colour) }!! }
            return IndexedPicture(bitmap.width, bitmap.height, IntArray(all.size) { nearest.getValue(all[it] and RGB) })
        }

        private fun distance(a: Int, b: Int) = (0..16 step 8).sumOf { shift -> ((a shr shift and 255) - (b shr shift and 255)).let { it * it } }
    }
}
