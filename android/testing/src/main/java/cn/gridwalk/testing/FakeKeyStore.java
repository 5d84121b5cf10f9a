package cn.gridwalk.testing;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.InvalidAlgorithmParameterException;
import java.security.Key;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * A provider under the name of Android's keystore, which the JVM does not have: keys in a map. What only a phone shows (hardware, refusal
 * of foreign nonces, keys that become invalid) it does not show.
 */
public final class FakeKeyStore extends Provider {
    private static final Map<String, SecretKey> KEYS = new ConcurrentHashMap<>();

    @SuppressWarnings("deprecation") // The constructor that takes its place is not in Java 8.
    private FakeKeyStore() {
        super("AndroidKeyStore", 1.0, "keys in a map, for tests");
        put("KeyStore.AndroidKeyStore", Store.class.getName());
        put("KeyGenerator.AES", Generator.class.getName());
    }

    /** Installs it, empty. */
    public static void install() {
        KEYS.clear();
        Security.removeProvider("AndroidKeyStore");
        // Last: ciphers come from the others.
        Security.addProvider(new FakeKeyStore());
    }

    /** Loses all keys, as a phone may. */
    public static void forget() {
        KEYS.clear();
    }

    /** Keys by alias. */
    public static final class Store extends KeyStoreSpi {
        @Override public Key engineGetKey(String alias, char[] password) { return KEYS.get(alias); }
        @Override public Certificate[] engineGetCertificateChain(String alias) { return null; }
        @Override public Certificate engineGetCertificate(String alias) { return null; }
        @Override public Date engineGetCreationDate(String alias) { return null; }
        @Override public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) { throw new UnsupportedOperationException(); }
        @Override public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) { throw new UnsupportedOperationException(); }
        @Override public void engineSetCertificateEntry(String alias, Certificate certificate) { throw new UnsupportedOperationException(); }
        @Override public void engineDeleteEntry(String alias) { KEYS.remove(alias); }
        @Override public Enumeration<String> engineAliases() { return Collections.enumeration(KEYS.keySet()); }
        @Override public boolean engineContainsAlias(String alias) { return KEYS.containsKey(alias); }
        @Override public int engineSize() { return KEYS.size(); }
        @Override public boolean engineIsKeyEntry(String alias) { return KEYS.containsKey(alias); }
        @Override public boolean engineIsCertificateEntry(String alias) { return false; }
        @Override public String engineGetCertificateAlias(Certificate certificate) { return null; }
        @Override public void engineStore(OutputStream stream, char[] password) { }
        @Override public void engineLoad(InputStream stream, char[] password) { }
    }

    /** Makes keys under the alias of their specification. */
    public static final class Generator extends KeyGeneratorSpi {
        private String alias;

        @Override protected void engineInit(SecureRandom random) { throw new UnsupportedOperationException(); }
        @Override protected void engineInit(int size, SecureRandom random) { throw new UnsupportedOperationException(); }

        @Override protected void engineInit(AlgorithmParameterSpec spec, SecureRandom random) throws InvalidAlgorithmParameterException {
            try {
                // The class of Robolectric's class loader, not of this one's.
                alias = (String) spec.getClass().getMethod("getKeystoreAlias").invoke(spec);
            } catch (ReflectiveOperationException e) {
                throw new InvalidAlgorithmParameterException(e);
            }
        }

        @Override protected SecretKey engineGenerateKey() {
            byte[] bytes = new byte[32];
            new SecureRandom().nextBytes(bytes);
            SecretKey key = new SecretKeySpec(bytes, "AES");
            KEYS.put(alias, key);
            return key;
        }
    }
}
